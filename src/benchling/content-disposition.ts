/**
 * The file name of a Content-Disposition value (RFC 6266, extended values as RFC 8187), null when it names none.
 * `filename*` wins over `filename`. The name is what the other side says, slashes and all: whoever uses it as a path
 * or key cleans it first.
 */
export const dispositionName = (value: string | null | undefined): string | null => {
  if (!value || value.length > 8192) return null
  const parameters = parametersOf(value)
  const extended = parameters.get('filename*')
  const name = (extended !== undefined ? decodeExtended(extended) : null) ?? plain(parameters.get('filename'))
  return name === null || name === '' ? null : name
}

/** `key=token`, `key="quoted \" string"` and `key*=ext'lang'value` after the disposition type; the first of a name wins. */
const parametersOf = (value: string): Map<string, string> => {
  const found = new Map<string, string>()
  const parameter = /;\s*([!#$%&'*+\-.^_`|~\w]+)\s*=\s*(?:"((?:[^"\\]|\\[\s\S])*)"|([^;]*))/g
  const start = value.search(/;/)
  if (start < 0) return found
  for (const [, key, quoted, token] of value.slice(start).matchAll(parameter)) {
    const name = (key ?? '').toLowerCase()
    if (!found.has(name)) found.set(name, quoted?.replace(/\\([\s\S])/g, '$1') ?? (token ?? '').trim())
  }
  return found
}

const decodeExtended = (value: string): string | null => {
  const parts = /^(utf-8|iso-8859-1)'[^']*'(.*)$/i.exec(value)
  if (!parts) return null
  const [, charset = '', encoded = ''] = parts
  if (/%(?![0-9a-f]{2})/i.test(encoded)) return null
  if (charset.toLowerCase() === 'iso-8859-1')
    return encoded.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    )
  try {
    return decodeURIComponent(encoded)
  } catch {
    return null
  }
}

/** Header text arrives as Latin-1, one character a byte; many servers send UTF-8 all the same. */
const plain = (value: string | undefined): string | null => {
  if (value === undefined) return null
  if (!/[\x80-\xff]/.test(value) || /[^\x00-\xff]/.test(value)) return value
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(value, 'latin1'))
  } catch {
    return value
  }
}
