/** The styles of the sandbox's page around the posts, light and dark. */
export const PAGE_STYLE = `
:root{color-scheme:light dark}
body{margin:0;background:var(--bg);color:var(--ink);
  font:15px/1.45 -apple-system,"Segoe UI",system-ui,Roboto,"Noto Sans",sans-serif}
:focus-visible{outline:2px solid var(--link);outline-offset:2px;border-radius:6px}
header{position:sticky;top:0;z-index:2;background:color-mix(in srgb,var(--bg) 88%,transparent);
  backdrop-filter:blur(12px)}
.bar,nav{max-width:640px;margin:0 auto;padding:0 16px;display:flex;align-items:center}
.bar{height:56px;justify-content:space-between}
.brand{font-weight:700;font-size:17px;display:flex;align-items:center;gap:10px}
.brand span{width:18px;height:18px;border-radius:6px 6px 6px 2px;
  background:linear-gradient(135deg,#ff7a45,#d6336c 55%,#7048e8)}
.app{color:var(--dim)}nav{flex-wrap:wrap;gap:6px;padding-bottom:12px}
nav a{padding:4px 9px;font-size:14px;border:1px solid var(--line);border-radius:999px;background:var(--card);
  font-weight:500;white-space:nowrap}
nav a[aria-current]{background:var(--ink);color:var(--bg);border-color:var(--ink)}
main{max-width:640px;margin:0 auto}
.unseen{position:absolute;width:1px;height:1px;margin:0;overflow:hidden;clip-path:inset(50%)}
.clock{margin:0 16px 12px;padding:8px 14px;border-radius:12px;background:var(--warn-bg);color:var(--warn);
  font-size:13px}
.feed{container-type:inline-size;background:var(--card);border:1px solid var(--line);border-radius:24px;overflow:hidden}
.feed>*+*{border-top:1px solid var(--line)}
.older{display:block;text-align:center;padding:16px;color:var(--dim)}
.empty{background:var(--card);border:1px solid var(--line);border-radius:24px;padding:clamp(24px,6vw,44px)}
.empty h2{margin:0 0 8px;font-size:20px}
.empty p{color:var(--dim);margin:0 0 16px}
pre{margin:0;padding:16px;border-radius:14px;background:var(--tint);overflow-x:auto;font-size:13px;line-height:1.55}
#fresh{position:fixed;top:72px;left:50%;translate:-50% 0;z-index:3;border:0;border-radius:999px;padding:9px 20px;
  background:var(--ink);color:var(--bg);font:inherit;font-weight:600;cursor:pointer;box-shadow:0 6px 24px #0004}
footer{max-width:640px;margin:0 auto;padding:24px 16px 40px;color:var(--dim);font-size:13px;text-align:center}
@media(max-width:680px){.feed,.empty{border-radius:0;border-left:0;border-right:0}}
`;
