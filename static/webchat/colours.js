// The brand's colours, before the first paint. By script, because the CSP allows no style attribute.
const root = document.documentElement
for (const name of ["light", "light-on", "light-ink", "dark", "dark-on"]) {
  root.style.setProperty(`--w-${name}`, root.getAttribute(`data-${name}`))
}
