import { PDFDocument, StandardFonts } from 'pdf-lib'

/** A one-page protocol with a title and numbered steps. */
export const protocolPdf = async (
  title: string,
  steps: readonly string[],
  date: Date,
): Promise<Uint8Array> => {
  const pdf = await PDFDocument.create()
  pdf.setTitle(title)
  pdf.setCreationDate(date)
  pdf.setModificationDate(date)
  const bold = await pdf.embedFont(StandardFonts.HelveticaBold)
  const font = await pdf.embedFont(StandardFonts.Helvetica)
  const page = pdf.addPage([595.28, 841.89])
  page.drawText(title, { x: 56, y: 770, size: 18, font: bold })
  steps.forEach((step, i) => {
    page.drawText(`${i + 1}.  ${step}`, { x: 56, y: 730 - i * 22, size: 10.5, font })
  })
  return pdf.save()
}
