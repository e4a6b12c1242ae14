/** The style of the page, light and dark. No font, picture or script is loaded: the page works from a mail attachment. */
export const PAGE_STYLE = `
:root{color-scheme:light dark;--paper:#fbfbf9;--card:#fff;--ink:#1d2129;--soft:#667085;--line:#e3e5ea;--bar:#dfe3ea;--row:#eef0f4;
--mirror:#2f6fde;--mentor:#c26a05;--multiplier:#0f8a5f}
@media(prefers-color-scheme:dark){:root{--paper:#14161b;--card:#1c1f26;--ink:#e8eaee;--soft:#98a1b3;--line:#2d323d;--bar:#2c323e;--row:#262b35;
--mirror:#76a9ff;--mentor:#f0a04b;--multiplier:#4fd1a0}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:68rem;margin:0 auto;padding:2.5rem 1.25rem 4rem}
h1{font-size:1.9rem;line-height:1.2;margin:0 0 .3rem;overflow-wrap:anywhere}
h2{font-size:1.2rem;margin:2.75rem 0 .75rem}section>h3{font-size:1rem;margin:1.75rem 0 .5rem}
p{margin:.4rem 0}.soft{color:var(--soft)}.lead{font-size:1.08rem;max-width:46rem;margin-top:1rem}
.remark{border-left:3px solid var(--mentor);padding-left:.8rem;color:var(--soft)}
.numbers{display:grid;grid-template-columns:repeat(auto-fit,minmax(9rem,1fr));gap:.75rem;margin:1.5rem 0 0;padding:0}
.numbers div{background:var(--card);border:1px solid var(--line);border-radius:.6rem;padding:.7rem .9rem}
.numbers dt{color:var(--soft);font-size:.85rem}.numbers dd{margin:0;font-size:1.5rem;font-weight:650;font-variant-numeric:tabular-nums}
figure{margin:0;background:var(--card);border:1px solid var(--line);border-radius:.6rem;padding:1rem}
.scroll{overflow-x:auto}svg{display:block;width:100%;min-width:44rem;height:auto}
svg text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;fill:var(--soft)}svg .who{fill:var(--ink)}
.bar{fill:var(--bar)}.row{stroke:var(--row)}.year{stroke:var(--line)}
.mark{stroke:var(--card);stroke-width:1}.mirror{fill:var(--mirror)}.mentor{fill:var(--mentor)}.multiplier{fill:var(--multiplier)}
.dot{fill:var(--soft);opacity:.45}
.legend{display:flex;flex-wrap:wrap;gap:.3rem 1.4rem;margin:.8rem 0 0;padding:0;list-style:none;font-size:.9rem;color:var(--soft)}
.legend svg{display:inline-block;min-width:0;width:.9rem;height:.9rem;vertical-align:-.1rem;margin-right:.4rem}
table{border-collapse:collapse;width:100%;background:var(--card);border:1px solid var(--line);border-radius:.6rem;font-variant-numeric:tabular-nums}
caption{text-align:left;color:var(--soft);padding:0 0 .4rem}
th,td{padding:.45rem .8rem;border-top:1px solid var(--line);text-align:right;white-space:nowrap}
th:first-child,td:first-child{text-align:left;white-space:normal;overflow-wrap:anywhere}thead th{border-top:0;color:var(--soft);font-weight:500}
tfoot td,tfoot th{font-weight:650}table.words td:last-child,table.words th:last-child{text-align:left;white-space:normal;width:100%}
table.words td:first-child,table.words tfoot th:first-child{text-align:right;white-space:nowrap}
details{background:var(--card);border:1px solid var(--line);border-radius:.6rem;margin:.6rem 0}
summary{cursor:pointer;padding:.7rem 1rem;display:flex;flex-wrap:wrap;gap:.1rem .8rem;align-items:baseline}
summary::before{content:"\\25b8";color:var(--soft)}details[open]>summary::before{content:"\\25be"}
summary b{overflow-wrap:anywhere}summary:focus-visible{outline:2px solid var(--mirror);outline-offset:2px;border-radius:.6rem}
.inside{padding:0 1rem .6rem}
article{border-top:1px solid var(--line);padding:.8rem 0 .7rem .9rem;position:relative}
article::before{content:"";position:absolute;left:0;top:.95rem;bottom:.85rem;width:3px;border-radius:2px;background:var(--kind)}
article.mirror{--kind:var(--mirror)}article.mentor{--kind:var(--mentor)}article.multiplier{--kind:var(--multiplier)}
article h3{font-size:1rem;margin:.1rem 0;overflow-wrap:anywhere}article p{overflow-wrap:anywhere;max-width:48rem}
.meta{font-size:.85rem;color:var(--soft)}.kind{color:var(--kind);font-weight:650}.why{color:var(--soft)}
footer{margin-top:3rem;color:var(--soft);font-size:.9rem}
@media(max-width:40rem){main{padding-top:1.5rem}h1{font-size:1.5rem}th,td{padding:.4rem .5rem}}
@media print{details{break-inside:avoid}}
`;
