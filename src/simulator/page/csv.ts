/** Rows of RFC 4180 text: quoted fields may hold separators, quotes and line ends. At most `most` rows are read. */
export const csvRows = (text: string, separator: string, most: number): string[][] => {
  const rows: string[][] = []
  let row: string[] = []
  let field = ''
  let quoted = false
  const endField = () => {
    row.push(field)
    field = ''
  }
  const endRow = () => {
    endField()
    if (row.length > 1 || row[0] !== '') rows.push(row)
    row = []
  }
  for (let at = 0; at < text.length && rows.length < most; at++) {
    const char = text.charAt(at)
    if (quoted) {
      if (char !== '"') field += char
      else if (text.charAt(at + 1) === '"') field += text.charAt(at++)
      else quoted = false
    } else if (char === '"' && field === '') quoted = true
    else if (char === separator) endField()
    else if (char === '\n') endRow()
    else if (char !== '\r' && char !== '\ufeff') field += char
  }
  if (rows.length < most && (field !== '' || row.length > 0)) endRow()
  return rows
}
