import { html, type TemplateResult } from 'lit-html'
import { guard } from 'lit-html/directives/guard.js'
import { until } from 'lit-html/directives/until.js'
import { csvRows } from '../csv.ts'
import { type FileText, fileText } from '../file-text.ts'
import { count } from '../format.ts'
import { markdown } from '../markdown.ts'
import type { Viewed } from '../page-state.ts'

const PICTURE = /\.(png|jpe?g|gif|webp)$/i
const PDF = /\.pdf$/i
const MARKDOWN = /\.md$/i
const SEPARATED = /\.(csv|tsv)$/i
const TEXT = /\.(txt|md|csv|tsv|json|jsonl|xml|fasta|fa|fastq|gb|gbk|log|html?|svg|ya?ml|py|r)$/i

/** Rows of a table that are drawn. */
const ROWS = 500

/** Whether the browser shows the file by itself when it is opened on its own. */
export const canBeShown = (name: string): boolean => PICTURE.test(name) || PDF.test(name) || TEXT.test(name)

/** The inside of the viewer, by the kind of file its name tells. */
export const fileContent = ({ title, url }: Viewed): unknown => {
  if (PICTURE.test(title)) return html`<img src=${url} alt=${title} />`
  if (PDF.test(title)) return html`<iframe src=${url} title=${title}></iframe>`
  if (!TEXT.test(title)) return html`<p class="empty">This kind of file is not shown here: download it.</p>`
  return guard([url], () => until(textContent(title, url), html`<p class="empty">Reading …</p>`))
}

const textContent = (title: string, url: string): Promise<TemplateResult> =>
  fileText(url).then(
    (file) =>
      html`${readable(title, file)}${file.cut ? html`<p class="empty">Only the beginning is shown.</p>` : ''}`,
    () => html`<p class="empty">The file cannot be read.</p>`,
  )

const readable = (title: string, { text }: FileText): TemplateResult => {
  if (MARKDOWN.test(title)) return html`<div class="markdown document">${markdown(text, { gfm: true })}</div>`
  if (SEPARATED.test(title)) return table(csvRows(text, /\.tsv$/i.test(title) ? '\t' : ',', ROWS + 1))
  return html`<pre>${text}</pre>`
}

const table = ([head = [], ...rows]: readonly string[][]): TemplateResult => html`
  <table class="sheet">
    <thead><tr>${head.map((cell) => html`<th scope="col">${cell}</th>`)}</tr></thead>
    <tbody>${rows.map((row) => html`<tr>${row.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody>
  </table>
  ${rows.length >= ROWS ? html`<p class="empty">The first ${count(ROWS)} rows.</p>` : ''}
`
