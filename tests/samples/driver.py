"""Does for samples in Python what driver.ts does for those in TypeScript."""

import io, os, re, sys, urllib.error, urllib.request, urllib.response

send = urllib.request.urlopen


def tell(request, status):
    print(f"\nCALL {os.environ['BLOCK']} {status} {request.get_method()} {request.full_url}", file=sys.stderr, flush=True)


def urlopen(request, **options):
    try:
        answer = send(request, **options)
    except urllib.error.HTTPError as refused:
        tell(request, refused.code)
        raise
    tell(request, answer.status)
    if os.environ.get("MAKES") != "yes":
        return answer
    body = answer.read()
    os.environ["ID"] = re.search(rb'"id":"([^"]*)', body)[1].decode()
    return urllib.response.addinfourl(io.BytesIO(body), answer.headers, answer.url, answer.status)


urllib.request.urlopen = urlopen
for file in sys.argv[1:]:
    with open(file) as source:
        code = compile(source.read(), file, "exec")
    try:
        exec(code, {"__name__": "__main__"})
    except urllib.error.HTTPError:
        pass
