import { html, nothing, type TemplateResult } from 'lit-html'
import { lexer, type Token, type Tokens } from 'marked'

/**
 * Markdown as a canvas shows it: headings, bold, italics, links, lists, quotes, rules; `gfm` adds tables, for files.
 * Tokens become templates, never HTML text, and raw HTML shows as the characters it is. Only http(s) links are links;
 * those to this page stay in it.
 */
export const markdown = (source: string, { gfm = false } = {}): TemplateResult =>
  html`${blocks(lexer(source, { gfm }))}`

const blocks = (tokens: readonly Token[]): unknown[] => tokens.map(block)

const block = (token: Token): unknown => {
  switch (token.type) {
    case 'heading':
      return heading(token as Tokens.Heading)
    case 'paragraph':
      return html`<p>${inline(token.tokens)}</p>`
    case 'blockquote':
      return html`<blockquote>${blocks(token.tokens ?? [])}</blockquote>`
    case 'list':
      return list(token as Tokens.List)
    case 'code':
      return html`<pre>${token.text}</pre>`
    case 'table':
      return table(token as Tokens.Table)
    case 'hr':
      return html`<hr />`
    case 'space':
      return nothing
    case 'text':
      return token.tokens ? inline(token.tokens) : token.text
    default:
      return html`<p>${token.raw}</p>`
  }
}

const heading = (token: Tokens.Heading) => {
  const content = inline(token.tokens)
  if (token.depth === 1) return html`<h3 class="h1">${content}</h3>`
  return token.depth === 2 ? html`<h3 class="h2">${content}</h3>` : html`<h4>${content}</h4>`
}

const list = (token: Tokens.List) => {
  const items = token.items.map((item) => html`<li>${blocks(item.tokens)}</li>`)
  return token.ordered ? html`<ol>${items}</ol>` : html`<ul>${items}</ul>`
}

const table = (token: Tokens.Table) => html`
  <table>
    <thead><tr>${token.header.map((cell) => html`<th scope="col">${inline(cell.tokens)}</th>`)}</tr></thead>
    <tbody>${token.rows.map((row) => html`<tr>${row.map((cell) => html`<td>${inline(cell.tokens)}</td>`)}</tr>`)}</tbody>
  </table>
`

const inline = (tokens: readonly Token[] | undefined): unknown[] => (tokens ?? []).map(span)

const span = (token: Token): unknown => {
  switch (token.type) {
    case 'strong':
      return html`<b>${inline(token.tokens)}</b>`
    case 'em':
      return html`<i>${inline(token.tokens)}</i>`
    case 'codespan':
      return html`<code>${token.text}</code>`
    case 'br':
      return html`<br />`
    case 'link':
      return anchor(token as Tokens.Link)
    case 'text':
      return (token as Tokens.Text).tokens ? inline((token as Tokens.Text).tokens) : token.text
    case 'escape':
      return token.text
    default:
      return token.raw
  }
}

const anchor = (token: Tokens.Link) => {
  const content = inline(token.tokens)
  if (token.href.startsWith(`${location.origin}/#`))
    return html`<a href=${token.href.slice(location.origin.length)}>${content}</a>`
  return /^https?:\/\//.test(token.href)
    ? html`<a href=${token.href} target="_blank" rel="noreferrer noopener">${content}</a>`
    : html`${content}`
}
