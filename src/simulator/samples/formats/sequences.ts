import { seededRandom } from '../../random.ts'

/** `length` bases from a seed, beginning with a start codon. */
export const bases = (seed: number, length: number): string => {
  const random = seededRandom(seed)
  let sequence = 'ATG'
  while (sequence.length < length) sequence += 'ACGT'[Math.floor(random() * 4)]
  return sequence
}

/** FASTA, 70 letters a line. */
export const fasta = (
  records: readonly { readonly id: string; readonly about: string; readonly sequence: string }[],
) =>
  Buffer.from(
    records
      .map(({ id, about, sequence }) => `>${id} ${about}\n${(sequence.match(/.{1,70}/g) ?? []).join('\n')}\n`)
      .join(''),
  )

/** A GenBank flat file of a circular plasmid with its coding sequence. */
export const genBank = (name: string, about: string, sequence: string): Buffer => {
  const size = sequence.length
  const lines = (sequence.toLowerCase().match(/.{1,60}/g) ?? []).map(
    (line, i) => `${String(i * 60 + 1).padStart(9)} ${(line.match(/.{1,10}/g) ?? []).join(' ')}`,
  )
  const end = Math.min(size, 900)
  return Buffer.from(
    [
      `LOCUS       ${name.padEnd(16)} ${String(size).padStart(11)} bp    DNA     circular SYN 21-OCT-2025`,
      `DEFINITION  ${about}.`,
      `ACCESSION   ${name}`,
      `VERSION     ${name}.1`,
      'KEYWORDS    .',
      'SOURCE      synthetic DNA construct',
      '  ORGANISM  synthetic DNA construct',
      'FEATURES             Location/Qualifiers',
      `     source          1..${size}`,
      '                     /organism="synthetic DNA construct"',
      '                     /mol_type="other DNA"',
      `     CDS             1..${end}`,
      '                     /label="lacZ"',
      'ORIGIN',
      ...lines,
      '//',
      '',
    ].join('\n'),
  )
}
