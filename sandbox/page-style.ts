/** The styles of the sandbox's page, light and dark. */
export const PAGE_STYLE = `
:root{color-scheme:light dark;--bg:#fafafa;--card:#fff;--ink:#101010;--dim:#737373;--line:#e6e6e6;--tint:#f3f3f3;
  --link:#0a66c2;--warn:#9a4b00;--warn-bg:#fff1df}
@media(prefers-color-scheme:dark){:root{--bg:#0a0a0a;--card:#181818;--ink:#f3f3f3;--dim:#9b9b9b;--line:#2c2c2c;
  --tint:#222;--link:#7ab7ff;--warn:#ffc078;--warn-bg:#3a2a14}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);
  font:15px/1.45 -apple-system,"Segoe UI",system-ui,Roboto,"Noto Sans",sans-serif}
a{color:inherit;text-decoration:none}
a:hover{text-decoration:underline}
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
.clock{margin:0 16px 12px;padding:8px 14px;border-radius:12px;background:var(--warn-bg);color:var(--warn);
  font-size:13px}
.feed{background:var(--card);border:1px solid var(--line);border-radius:24px;overflow:hidden}
.chain{padding:8px 0}.feed>*+*{border-top:1px solid var(--line)}
article{display:grid;grid-template-columns:40px minmax(0,1fr);gap:0 12px;padding:10px 20px 8px}
.focus:not(:only-child){background:var(--tint)}
.side{display:flex;flex-direction:column;align-items:center}
.face{width:40px;height:40px;flex:none;border-radius:50%;display:grid;place-items:center;color:#fff;font-weight:600;
  background:linear-gradient(135deg,hsl(var(--hue) 68% 58%),hsl(calc(var(--hue) + 48) 62% 42%))}
.thread{width:2px;flex:1;min-height:18px;margin:8px 0 -10px;border-radius:2px;background:var(--line)}
.head{display:flex;align-items:baseline;gap:8px;min-width:0}
.author{font-weight:600;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.topic{color:var(--dim);overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.topic:before{content:"\\203A";margin-right:8px}
.time{color:var(--dim);flex:none}
.platform{margin-left:auto;flex:none;color:var(--dim);font-size:12px;border:1px solid var(--line);border-radius:999px;
  padding:1px 8px}
.text{margin:3px 0 0;white-space:pre-wrap;overflow-wrap:anywhere}
.tag{color:var(--link)}
.small{margin:3px 0 0;color:var(--dim);font-size:13px}
.comments{margin-top:8px;font-size:14px}.comments p{margin:4px 0 0;overflow-wrap:anywhere}
.notes{display:flex;flex-wrap:wrap;gap:4px 14px;margin-top:8px}
.warn{color:var(--warn);background:var(--warn-bg);padding:0 8px;border-radius:999px}
.media{margin-top:10px;display:flex;gap:8px}
.media figure{margin:0;position:relative;border-radius:14px;overflow:hidden;background:var(--tint);
  border:1px solid var(--line);aspect-ratio:var(--ratio)}
.one figure{width:min(100%,calc(430px*var(--ratio)));max-height:430px}
.many{overflow-x:auto;scroll-snap-type:x proximity;margin-left:-72px;padding-left:72px;margin-right:-20px;
  padding-right:20px;scrollbar-width:thin;scroll-padding-left:72px;padding-bottom:4px}
.many figure{height:clamp(190px,48vw,270px);flex:none;scroll-snap-align:start}
.media img{width:100%;height:100%;object-fit:cover;display:block}
.film{display:grid;place-items:center;width:100%;height:100%;
  background:radial-gradient(circle at 50% 40%,#3d4451,#14161b);color:#fff}
.play{width:54px;height:54px;border-radius:50%;background:#fff3;display:grid;place-items:center}
.play:after{content:"";border-left:17px solid #fff;border-top:10px solid transparent;
  border-bottom:10px solid transparent;margin-left:4px}
.length,.alt,.spoiler{position:absolute;background:#000b;color:#fff;font-size:12px;font-weight:600;border-radius:6px;
  padding:1px 7px}
.length{right:8px;bottom:8px}
.alt{left:8px;bottom:8px}
.spoiler{top:50%;left:50%;translate:-50% -50%;padding:4px 12px}
.hidden img,.hidden .film{filter:blur(22px) saturate(.6);scale:1.1}
.link{display:block;margin-top:10px;border:1px solid var(--line);border-radius:14px;padding:12px 16px;
  background:var(--tint);overflow:hidden}
.link b{display:block;font-weight:500;overflow-wrap:anywhere}
.host{color:var(--dim);font-size:13px}
.poll{list-style:none;margin:10px 0 0;padding:0;display:grid;gap:8px;max-width:400px}
.poll li{border:1px solid var(--line);border-radius:12px;padding:10px 14px;font-weight:500;overflow-wrap:anywhere}
.long{margin-top:10px;border:1px solid var(--line);border-radius:14px;padding:12px 16px;background:var(--tint)}
.long summary{cursor:pointer;overflow-wrap:anywhere}
.long p{white-space:pre-wrap;overflow-wrap:anywhere}
.quote{margin:10px 0 0;border:1px solid var(--line);border-radius:14px;padding:10px 16px;color:var(--dim);
  font-size:13px}
.older{display:block;text-align:center;padding:16px;color:var(--dim)}
.empty{background:var(--card);border:1px solid var(--line);border-radius:24px;padding:clamp(24px,6vw,44px)}
.empty h2{margin:0 0 8px;font-size:20px}
.empty p{color:var(--dim);margin:0 0 16px}
pre{margin:0;padding:16px;border-radius:14px;background:var(--tint);overflow-x:auto;font-size:13px;line-height:1.55}
#fresh{position:fixed;top:72px;left:50%;translate:-50% 0;z-index:3;border:0;border-radius:999px;padding:9px 20px;
  background:var(--ink);color:var(--bg);font:inherit;font-weight:600;cursor:pointer;box-shadow:0 6px 24px #0004}
footer{max-width:640px;margin:0 auto;padding:24px 16px 40px;color:var(--dim);font-size:13px;text-align:center}
@media(max-width:680px){.feed,.empty{border-radius:0;border-left:0;border-right:0}article{padding:10px 16px 8px}
  .many{margin-left:-68px;padding-left:68px;margin-right:-16px;scroll-padding-left:68px}}
`;
