/** An answer S3 gives as error XML. `code` is S3's own, as SDKs read it. */
export class S3Error extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string = code) {
    super(message)
    this.status = status
    this.code = code
  }
}

const escapeXml = (text: string): string =>
  text
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
    .replace(/\r/g, '&#13;')

export type XmlNode = { readonly [tag: string]: XmlValue }
type XmlValue = string | number | boolean | undefined | XmlNode | readonly (XmlNode | string)[]

const element = (tag: string, value: XmlValue): string => {
  if (value === undefined) return ''
  if (Array.isArray(value)) return value.map((item: XmlNode | string) => element(tag, item)).join('')
  const inner = typeof value === 'object' ? children(value as XmlNode) : escapeXml(String(value))
  return `<${tag}>${inner}</${tag}>`
}

const children = (node: XmlNode): string =>
  Object.entries(node)
    .map(([tag, value]) => element(tag, value))
    .join('')

/** One XML document; arrays become repeated elements, undefined leaves an element out. */
export const xml = (root: string, node: XmlNode): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${children(node)}</${root}>`
