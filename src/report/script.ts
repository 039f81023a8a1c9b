/** The only script of a page: buttons that sort tables. Without it the tables are whole and in their own order. */
export const script = `
for (const table of document.querySelectorAll("table.sorts")) {
  const heads = [...table.tHead.rows[0].cells]
  const valueOf = (row, column) => {
    const text = row.cells[column].dataset.value ?? row.cells[column].textContent
    const number = parseFloat(text.replace(/^\\u2212/, "-").replace(/,(?=\\d{3})/g, ""))
    return [number, text]
  }
  heads.forEach((head, column) => {
    const button = document.createElement("button")
    button.type = "button"
    button.append(...head.childNodes)
    head.append(button)
    button.addEventListener("click", () => {
      const isDown = head.getAttribute("aria-sort") === "ascending"
      for (const other of heads) other.removeAttribute("aria-sort")
      head.setAttribute("aria-sort", isDown ? "descending" : "ascending")
      const sign = isDown ? -1 : 1
      const rows = [...table.tBodies[0].rows].map((row) => [row, valueOf(row, column)])
      rows.sort(([, [a, x]], [, [b, y]]) => {
        if (Number.isNaN(a) !== Number.isNaN(b)) return Number.isNaN(a) ? 1 : -1
        return sign * (Number.isNaN(a) ? x.localeCompare(y) : a - b)
      })
      table.tBodies[0].append(...rows.map(([row]) => row))
    })
  })
}
const openTarget = () => {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)))
  if (target instanceof HTMLDetailsElement) target.open = true
}
addEventListener("hashchange", openTarget)
openTarget()
`.trim()
