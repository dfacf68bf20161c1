import { html, nothing, type TemplateResult } from 'lit-html'
import { lexer, type Token, type Tokens } from 'marked'

/**
 * The Markdown Benchling renders on a canvas: headings, bold, italics, links, lists, quotes, rules. Tokens become
 * templates, never HTML text, and raw HTML shows as the characters it is. Only http(s) links are links.
 */
export const markdown = (source: string): TemplateResult => html`${blocks(lexer(source, { gfm: false }))}`

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

const anchor = (token: Tokens.Link) =>
  /^https?:\/\//.test(token.href)
    ? html`<a href=${token.href} target="_blank" rel="noreferrer noopener">${inline(token.tokens)}</a>`
    : html`${inline(token.tokens)}`
