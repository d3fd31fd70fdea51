/** The style of the plain pages, light and dark, for phones and desktops. */
export const PAGE_STYLE = `
:root{color-scheme:light dark;--bg:#fafafa;--card:#fff;--ink:#141414;--dim:#666;--line:#dedede;--tint:#f3f3f3;
  --link:#0a58b8;--bad:#b3261e;--bad-bg:#fdecea;--good:#146c2e;--good-bg:#e6f4ea;--warn:#8a4b00;--warn-bg:#fff1df}
@media(prefers-color-scheme:dark){:root{--bg:#0c0c0c;--card:#181818;--ink:#f1f1f1;--dim:#a3a3a3;--line:#333;--tint:#222;
  --link:#8ab8ff;--bad:#ffb4ab;--bad-bg:#3b1614;--good:#8fdca3;--good-bg:#12301c;--warn:#ffc078;--warn-bg:#3a2a14}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);
  font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;overflow-wrap:anywhere}
a{color:var(--link)}
:focus-visible{outline:3px solid var(--link);outline-offset:2px;border-radius:6px}
main:focus{outline:none}
main.narrow,footer.narrow{max-width:28rem}
.off{display:none}
.skip{position:absolute;left:-100rem}.skip:focus{left:1rem;top:1rem;background:var(--card);padding:.5rem 1rem;z-index:1}
header{background:var(--card);border-bottom:1px solid var(--line)}
.bar,main{max-width:46rem;margin:0 auto;padding:0 1rem}
.bar{display:flex;align-items:center;justify-content:space-between;gap:1rem;min-height:3.5rem}
.bar form{display:flex;align-items:center;gap:.75rem;min-width:0}
.brand{font-weight:700;font-size:1.125rem;color:inherit;text-decoration:none;display:flex;align-items:center;gap:.6rem;
  min-width:0}
.brand img{display:block;height:2rem;max-width:10rem;object-fit:contain}.brand svg{flex:none;width:1.75rem}
footer{max-width:46rem;margin:0 auto;padding:0 1rem 2rem}
.who{color:var(--dim);font-size:.875rem;overflow:hidden;text-overflow:ellipsis;white-space:nowrap;min-width:0}
main{padding-top:1.75rem;padding-bottom:4rem}
h1{font-size:1.6rem;line-height:1.25;margin:0 0 1rem}h2{font-size:1.2rem;margin:0 0 .5rem}h3{font-size:1rem;margin:0}
p{margin:0 0 .9rem}
.dim,.hint{color:var(--dim)}.hint,.small{font-size:.875rem}.hint{margin:.25rem 0 0}
section,.card{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:1.25rem;margin:0 0 1.25rem}
section>:last-child,.card>:last-child{margin-bottom:0}
section>div:last-child>p:last-of-type{margin-bottom:0}
form{margin:0}
.field{margin:0 0 1rem}
label,legend{display:block;font-weight:600;margin:0 0 .3rem;padding:0}
input:not([type=checkbox]):not([type=radio]),select,textarea{width:100%;padding:.6rem .7rem;border:1px solid #8a8a8a;
  border-radius:9px;background:var(--card);color:inherit;font:inherit}
[aria-invalid=true]{border-color:var(--bad)!important;border-width:2px!important}
.error{color:var(--bad);margin:.3rem 0 0;font-weight:600}
fieldset{border:0;margin:0 0 1rem;padding:0;min-width:0}
.check{display:flex;gap:.6rem;align-items:flex-start;font-weight:400;margin:0;padding:.35rem 0}
.check input{width:1.15rem;height:1.15rem;margin:.2rem 0 0;flex:none;accent-color:var(--brand,var(--link))}
.check+p,.check+button{margin-top:.75rem}
.checks{display:grid;grid-template-columns:repeat(auto-fill,minmax(11rem,1fr));gap:0 1rem}
button,.button{display:inline-block;padding:.55rem 1rem;border:1px solid #8a8a8a;border-radius:9px;
  background:var(--card);color:var(--ink);font:inherit;font-weight:600;line-height:1.4;text-decoration:none;
  cursor:pointer;text-align:center}
button:hover,.button:hover{background:var(--tint)}
button.main,.button.main{background:var(--brand,var(--ink));color:var(--on-brand,var(--bg));
  border-color:var(--brand,var(--ink))}
button.main:hover,.button.main:hover{opacity:.88}
button.danger{color:var(--bad);border-color:var(--bad)}
.quiet{padding:.25rem .7rem;font-size:.875rem}.bar .quiet{flex:none}
.wide button,.wide .button{width:100%}
.row{display:flex;flex-wrap:wrap;gap:.6rem;align-items:center}
li .row+.row{margin-top:.6rem}
.row.between{justify-content:space-between}
ul.plain{list-style:none;margin:0;padding:0}
ul.plain>li{padding:.9rem 0;border-top:1px solid var(--line)}
ul.plain>li:first-child{border-top:0;padding-top:0}
ul.plain>li:last-child{padding-bottom:0}
li>:last-child{margin-bottom:0}
.tag{display:inline-block;border-radius:99px;padding:.05rem .6rem;font-size:.8125rem;font-weight:600;
  background:var(--tint);color:var(--dim);white-space:nowrap}
.tag.good{background:var(--good-bg);color:var(--good)}
.tag.bad{background:var(--bad-bg);color:var(--bad)}
.tag.warn{background:var(--warn-bg);color:var(--warn)}
.notice{border-radius:12px;padding:.8rem 1rem;margin:0 0 1.25rem}
.notice.done{background:var(--good-bg);color:var(--good)}
.notice.failed{background:var(--bad-bg);color:var(--bad)}
.notice.warn{background:var(--warn-bg);color:var(--warn)}
details{margin:.75rem 0 0}
summary{cursor:pointer;font-weight:600;color:var(--link)}
details>:nth-child(2){margin-top:.75rem}
details+p{margin-top:1.25rem}
ul+form,ul+div,ul+h3,ul+.hint{margin-top:1rem}
details form+form{margin-top:1.25rem}
figure{margin:0 0 .9rem}
figure img,figure video{display:block;max-width:100%;max-height:26rem;border-radius:9px;
  background:repeating-conic-gradient(#bbb 0 25%,#eee 0 50%) 0 0/16px 16px}
figcaption{color:var(--dim);font-size:.875rem;margin:.25rem 0 0}
.text{white-space:pre-wrap}
pre{overflow-x:auto;background:var(--tint);border-radius:9px;padding:.75rem;font-size:.8125rem;white-space:pre-wrap}
code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.875rem}
dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.3rem 1rem;margin:0 0 .9rem}
dt{color:var(--dim)}
dd{margin:0}
@media(max-width:30rem){dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.5rem}.who{display:none}section,.card{padding:1rem}}
`;
