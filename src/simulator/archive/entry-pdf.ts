import { PDFDocument, type PDFFont, type PDFPage, rgb, StandardFonts } from 'pdf-lib'
import type { ApiEntry, ApiNote } from '../entries/api-entry.ts'

export type PdfFacts = {
  readonly entry: ApiEntry
  /** When the export ran: it is in the file, so that two exports differ. */
  readonly at: Date
  readonly attachmentName: (id: string) => string
}

const PAGE: [number, number] = [595.28, 841.89]
const MARGIN = 56
const LINE = 14
const SIZE = 9.5

/** The entry as a PDF: name, fields, text and tables, one line after another. */
export const entryPdf = async ({ entry, at, attachmentName }: PdfFacts): Promise<Uint8Array> => {
  const pdf = await PDFDocument.create()
  pdf.setTitle(entry.name)
  pdf.setAuthor(entry.creator.name ?? '')
  pdf.setSubject(entry.displayId)
  pdf.setProducer('Simulated Benchling tenant')
  pdf.setCreationDate(at)
  pdf.setModificationDate(at)
  const pen = new Pen(
    pdf,
    await pdf.embedFont(StandardFonts.Helvetica),
    await pdf.embedFont(StandardFonts.HelveticaBold),
  )
  pen.line(entry.name, { size: 18, bold: true })
  pen.line(`${entry.displayId} · ${entry.creator.name} · created ${entry.createdAt.slice(0, 10)}`)
  pen.line(`Exported ${at.toISOString()}`)
  pen.gap()
  for (const [name, field] of Object.entries(entry.fields)) {
    const unit = field.unit ? ` ${field.unit}` : ''
    pen.line(`${name}: ${field.displayValue ?? '-'}${field.displayValue ? unit : ''}`)
  }
  for (const day of entry.days) {
    pen.gap()
    pen.line(day.title ? `${day.date} · ${day.title}` : day.date, { bold: true, size: 12 })
    for (const note of day.notes) for (const line of noteLines(note, attachmentName)) pen.line(line)
  }
  return pdf.save()
}

const noteLines = (note: ApiNote, attachmentName: (id: string) => string): string[] => {
  if (note.table)
    return [
      note.table.name ?? '',
      (note.table.columnLabels ?? []).map((label) => label ?? '').join('   |   '),
      ...note.table.rows.map((row) => row.cells.map((cell) => cell.text ?? '').join('   |   ')),
    ]
  if (note.externalFileId) return [`[file] ${attachmentName(note.externalFileId)} ${note.text ?? ''}`]
  if (note.type === 'app_canvas') return ['[app canvas]']
  const mark = { list_bullet: '• ', list_number: '1. ', list_checkbox: note.checked ? '[x] ' : '[ ] ' }
  return [`${mark[note.type as keyof typeof mark] ?? ''}${note.text ?? ''}`]
}

class Pen {
  readonly #pdf: PDFDocument
  readonly #regular: PDFFont
  readonly #bold: PDFFont
  #page: PDFPage
  #y = PAGE[1] - MARGIN

  constructor(pdf: PDFDocument, regular: PDFFont, bold: PDFFont) {
    this.#pdf = pdf
    this.#regular = regular
    this.#bold = bold
    this.#page = pdf.addPage(PAGE)
  }

  gap(): void {
    this.#y -= LINE / 2
  }

  line(text: string, { size = SIZE, bold = false }: { size?: number; bold?: boolean } = {}): void {
    const font = bold ? this.#bold : this.#regular
    for (const part of wrapped(printable(text), font, size)) {
      this.#y -= Math.max(LINE, size * 1.4)
      if (this.#y < MARGIN) {
        this.#page = this.#pdf.addPage(PAGE)
        this.#y = PAGE[1] - MARGIN - LINE
      }
      this.#page.drawText(part, { x: MARGIN, y: this.#y, size, font, color: rgb(0.1, 0.1, 0.15) })
    }
  }
}

const wrapped = (text: string, font: PDFFont, size: number): string[] => {
  const width = PAGE[0] - 2 * MARGIN
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const longer = line ? `${line} ${word}` : word
    if (line && font.widthOfTextAtSize(longer, size) > width) {
      lines.push(line)
      line = word
    } else line = longer
  }
  return [...lines, line]
}

/** The built-in fonts of PDF know Windows-1252 only: what else a lab writes is spelled out. */
const SPELLED: Readonly<Record<string, string>> = {
  α: 'alpha',
  β: 'beta',
  γ: 'gamma',
  Δ: 'Delta',
  δ: 'delta',
  λ: 'lambda',
  μ: 'µ',
  σ: 'sigma',
  Ω: 'Ohm',
  '→': '->',
  '≤': '<=',
  '≥': '>=',
  '−': '-',
  '✓': 'yes',
}

const SUBSCRIPT_ZERO = 0x2080

/** Windows-1252 beyond Latin-1. */
const CP1252 = new Set('€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ')

const printable = (text: string): string =>
  [...text.normalize('NFC').replace(/\s/g, ' ')]
    .map((char) => {
      const code = char.codePointAt(0)!
      if ((code >= 0x20 && code < 0x7f) || (code >= 0xa0 && code <= 0xff) || CP1252.has(char)) return char
      if (code >= SUBSCRIPT_ZERO && code <= SUBSCRIPT_ZERO + 9) return String(code - SUBSCRIPT_ZERO)
      return SPELLED[char] ?? '?'
    })
    .join('')
