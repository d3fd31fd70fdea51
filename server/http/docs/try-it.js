/** The page that sends requests with the reader's key, which is kept nowhere. */

const form = document.getElementById("try");
const { key, request, path, body } = form.elements;
const status = document.getElementById("status");
const response = document.getElementById("response");

if ([...request.options].some(({ value }) => value === location.hash.slice(1))) request.value = location.hash.slice(1);
request.addEventListener("change", show);
key.addEventListener("input", () => {
  document.getElementById("live").textContent = key.value.startsWith("amp_live_")
    ? "This is a live key: posts go to the real platforms."
    : "";
});
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { method } = request.selectedOptions[0].dataset;
  const takesBody = !document.getElementById("body-field").hidden && body.value.trim() !== "";
  response.hidden = true;
  status.textContent = "Sending…";
  try {
    const answer = await fetch(form.dataset.url + path.value.trim(), {
      method,
      headers: {
        authorization: `Bearer ${key.value.trim()}`,
        ...(takesBody && { "content-type": "application/json" }),
      },
      ...(takesBody && { body: body.value }),
    });
    const text = await answer.text();
    status.textContent = `${answer.status} ${answer.statusText}`.trim();
    response.querySelector("code").textContent = readable(text);
    response.hidden = text === "";
  } catch (error) {
    status.textContent = `The request could not be sent: ${error.message}`;
  }
});
show();

function show() {
  const { path: template, body: example, about } = request.selectedOptions[0].dataset;
  path.value = template;
  body.value = example ?? "";
  document.getElementById("body-field").hidden = example === undefined;
  document.getElementById("about").href = about;
}

function readable(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
