/** The documentation's style: wider than the plain pages, with navigation on the left, or on top on phones. */
export const DOCS_STYLE = `
.docs .bar{max-width:76rem;flex-wrap:wrap;padding-top:.5rem;padding-bottom:.5rem}
.links{display:flex;gap:1rem;font-size:.9375rem}.links a,.docs .brand{white-space:nowrap}
.search ::placeholder{color:var(--dim);opacity:1}.search{position:relative;flex:1 1 14rem;max-width:26rem}
#found,#found-none{position:absolute;left:0;right:0;top:calc(100% + .3rem);max-height:70vh;overflow:auto;background:var(--card);
  border:1px solid var(--line);border-radius:12px;z-index:2;box-shadow:0 8px 30px #0003}
#found[hidden],#found-none[hidden]{display:none}
#found a{display:block;padding:.6rem .9rem;text-decoration:none;color:inherit;border-top:1px solid var(--line)}
#found a:first-child{border-top:0}
#found a:hover,#found [aria-selected=true]{background:var(--tint)}
#found strong{display:block;color:var(--link)}
#found span{font-size:.8125rem;color:var(--dim)}
#found-none{margin:0;padding:.6rem .9rem}
.results{padding-left:1.5rem}.results p{margin:0 0 .9rem;color:var(--dim)}
.unseen{position:absolute!important;width:1px!important;height:1px;overflow:hidden;clip-path:inset(50%);
  white-space:nowrap}
.columns{max-width:76rem;margin:0 auto;display:grid;grid-template-columns:15rem minmax(0,1fr);gap:0 2.5rem;
  padding:0 1rem}
.pages,.contents{position:sticky;top:3.5rem;align-self:start;max-height:calc(100vh - 3.5rem);overflow:auto;
  padding:1.75rem 0 3rem;font-size:.9375rem}
.contents{display:none;font-size:.875rem}.contents p{font-weight:600;margin:0 0 .5rem}
.contents ul{list-style:none;margin:0;padding:0}.contents a{color:var(--dim);text-decoration:none}
.contents a:hover{color:var(--ink)}
.version{color:var(--dim);font-size:.875rem}
@media(min-width:52.01rem){.docs>header{position:sticky;top:0;z-index:3}html{scroll-padding-top:4.5rem}
#menu{display:none}}
.docs main>.above{margin:0 0 1.25rem}
@media(min-width:80rem){.columns:has(.contents){max-width:90rem;grid-template-columns:15rem minmax(0,1fr) 13rem}
.docs:has(.contents) .bar{max-width:90rem}.contents{display:block}.docs main>.above{display:none}}
.pages details{margin:0 0 1rem}.pages summary{color:var(--ink)}.pages ul{list-style:none;margin:.25rem 0 0;padding:0}
.pages a{display:block;padding:.2rem .6rem;color:var(--dim);text-decoration:none;border-radius:8px}
.pages a:hover{background:var(--tint)}
.pages a[aria-current]{background:var(--tint);color:var(--ink);font-weight:600}
.menu{display:none}
.docs main{max-width:none;margin:0;padding:1.75rem 0 4rem;min-width:0}
.docs main>:is(p,ul,ol,h1,h2,h3,h4){max-width:46rem}
.docs h2{font-size:1.35rem;margin:2.25rem 0 .6rem}
.docs h3{font-size:1.1rem;margin:1.6rem 0 .5rem}
.docs h4{font-size:1rem;margin:1.25rem 0 .4rem}
.docs :is(h2,h3,h4)[id]{scroll-margin-top:1rem}
.anchor{color:var(--dim);text-decoration:none;opacity:0;padding-left:.35rem;font-weight:400}
:is(h2,h3,h4):hover .anchor,.anchor:focus{opacity:1}
.docs li{margin:0 0 .3rem}
.scroll{overflow-x:auto;margin:0 0 1.1rem}
table{border-collapse:collapse;width:100%;font-size:.9063rem}
th,td{text-align:left;vertical-align:top;padding:.45rem .8rem .45rem 0;border-bottom:1px solid var(--line);
  overflow-wrap:break-word}
th{color:var(--dim);font-weight:600}
th:empty{padding:0;border:0}
td code{overflow-wrap:break-word}
:is(h1,h2,h3,h4) code{font-size:.85em}
:not(pre)>code{background:var(--tint);border-radius:5px;padding:.05rem .3rem}
.code{position:relative;margin:0 0 1.1rem;max-width:56rem}
.code pre{margin:0;white-space:pre-wrap;overflow-wrap:anywhere;padding:.9rem 1rem;border:1px solid var(--line)}
.code>pre{padding-right:4.5rem}
.docs{--word:#8250df;--text:#0a6b2b;--value:#0a58b8}
@media(prefers-color-scheme:dark){.docs{--word:#d2a8ff;--text:#8fdca3;--value:#8ab8ff}}
.hljs-comment,.hljs-quote{color:var(--dim);font-style:italic}
.hljs-keyword,.hljs-built_in,.hljs-section,.hljs-meta{color:var(--word)}
.hljs-string,.hljs-addition{color:var(--text)}
.hljs-number,.hljs-literal,.hljs-attr,.hljs-attribute,.hljs-variable{color:var(--value)}
.code button{position:absolute;top:.4rem;right:.4rem;padding:.15rem .6rem;font-size:.75rem}
.tabs .code>pre{padding-right:1rem}
.tabs .code button{top:-2rem;right:0}
.samples{max-width:56rem;margin:0 0 1.1rem}
.samples .code{margin:0 0 .6rem}
.language{margin:0 0 .2rem;font-size:.875rem;font-weight:600;color:var(--dim)}
.tabs .language{display:none}@media(scripting:enabled){.samples:not(.tabs)>.code+.code{display:none}}
[role=tablist]{display:flex;gap:.25rem}
[role=tab]{border-color:transparent;background:none;color:var(--dim);padding:.25rem .75rem;font-size:.875rem;
  border-radius:9px 9px 0 0;border-bottom:3px solid transparent}
[role=tab][aria-selected=true]{color:var(--ink);border-bottom-color:var(--ink)}.tabs .code{margin:0}
#try{max-width:46rem}#try textarea{font-family:ui-monospace,monospace;font-size:.9rem}
#try [hidden],#response[hidden]{display:none}
blockquote{margin:0 0 1rem;padding:.1rem 1rem;border-left:4px solid var(--line)}blockquote p{margin:.5rem 0}
.foot{display:flex;flex-wrap:wrap;gap:.5rem 1.5rem;border-top:1px solid var(--line);margin-top:3rem;padding-top:1rem;
  font-size:.9375rem}
@media(max-width:52rem){.docs>header{position:sticky;top:-3rem;z-index:3}html{scroll-padding-top:4rem}
.docs .bar{display:grid;grid-template:2.5rem auto/auto auto;gap:.5rem}.version{display:none}
.links{gap:.75rem;font-size:.875rem;justify-content:flex-end}.search{grid-column:1/-1}
.columns{display:block}.menu{display:inline-block;margin:1rem 0 0;padding:.5rem 1rem;
  border:1px solid var(--line);border-radius:9px;background:var(--card);cursor:pointer;font-weight:600}
#menu:focus-visible+.menu{outline:3px solid var(--link)}
.pages{display:none;position:static;max-height:none;padding:1rem 0 0}
#menu:checked~.pages{display:block}
.search{order:3;max-width:none}
td,th{min-width:6.5rem}
}
@media(max-width:40rem){table:has(th:nth-child(3):last-child){thead{display:none}tr{display:flex;flex-wrap:wrap;
  gap:.15rem .8rem;padding:.6rem 0;border-bottom:1px solid var(--line)}td{border:0;padding:0;min-width:0;max-width:100%}
  td:nth-child(2){color:var(--dim)}td:nth-child(3){flex:1 0 100%}}}
`;
