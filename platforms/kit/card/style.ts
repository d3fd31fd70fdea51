/** What the styles of all cards build on, light and dark. The cards are as wide as what is around them. */
export const CARD_STYLE = `
:root,:host{--bg:light-dark(#fafafa,#0a0a0a);--card:light-dark(#fff,#181818);--ink:light-dark(#101010,#f3f3f3);
  --dim:light-dark(#6b6b6b,#a3a3a3);--line:light-dark(#e6e6e6,#2c2c2c);--tint:light-dark(#f3f3f3,#222);
  --link:light-dark(#0a5cae,#7ab7ff);--warn:light-dark(#9a4b00,#ffc078);--warn-bg:light-dark(#fff1df,#3a2a14)}
:host{display:block;container-type:inline-size;background:var(--card);color:var(--ink);
  font:15px/1.45 -apple-system,"Segoe UI",system-ui,Roboto,"Noto Sans",sans-serif}
*{box-sizing:border-box}
a{color:inherit;text-decoration:none}
a[href]:hover{text-decoration:underline}
.chain{padding:8px 0}
article{display:grid;grid-template-columns:40px minmax(0,1fr);gap:0 12px;padding:10px 20px 8px}
.focus:not(:only-child){background:var(--tint)}
.side{display:flex;flex-direction:column;align-items:center}
.face{overflow:hidden;width:40px;height:40px;flex:none;border-radius:50%;display:grid;place-items:center;color:#fff;font-weight:600;
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
.tag{color:var(--link)}a.tag{text-decoration:underline}
.small{margin:3px 0 0;color:var(--dim);font-size:13px}
.comments{margin-top:8px;font-size:14px}.comments p{margin:4px 0 0;overflow-wrap:anywhere}.comments b{margin-right:5px}
.notes{display:flex;flex-wrap:wrap;gap:4px 14px;margin-top:8px}
.warn{color:var(--warn);background:var(--warn-bg);padding:0 8px;border-radius:999px}
.media{margin-top:10px;display:flex;gap:8px}
.media figure{margin:0;position:relative;border-radius:14px;overflow:hidden;background:var(--tint);
  border:1px solid var(--line);aspect-ratio:var(--ratio)}
.one figure{width:min(100%,calc(430px*var(--ratio)));max-height:430px}
.many{overflow-x:auto;scroll-snap-type:x proximity;margin-left:-72px;padding-left:72px;margin-right:-20px;
  padding-right:20px;scrollbar-width:thin;scroll-padding-left:72px;padding-bottom:4px}
.many figure{height:clamp(190px,48cqi,270px);flex:none;scroll-snap-align:start}
.media img,.media video{width:100%;height:100%;object-fit:cover;display:block}
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
.face img{width:100%;height:100%;object-fit:cover}
video{width:100%;height:100%;object-fit:contain;display:block;background:#000}
.fold{display:inline}.fold[open]::details-content{display:inline}.fold summary{display:inline;cursor:pointer;color:var(--dim)}
.fold summary span{text-decoration:underline}.fold[open] summary{display:none}
@container(max-width:520px){article{padding:10px 16px 8px}
  .many{margin-left:-68px;padding-left:68px;margin-right:-16px;scroll-padding-left:68px}}
`;
