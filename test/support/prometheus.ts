/** One sample of an exposition. */
export type Sample = {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** Samples of one metric, with the lines about it. */
export type Family = {
  readonly name: string
  readonly type: string
  readonly help: string
  readonly samples: readonly Sample[]
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*'
const HELP = new RegExp(`^# HELP (${NAME}) ((?:[^\\\\]|\\\\\\\\|\\\\n)*)$`)
const TYPE = new RegExp(`^# TYPE (${NAME}) (counter|gauge|histogram|summary|untyped)$`)
/** Only a line feed ends a line: a carriage return is a character like others. */
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(.*)\\})? (-?\\d+(?:\\.\\d+)?(?:e[+-]?\\d+)?|NaN|[+-]Inf)$`, 's')
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"(?:,(?=.)|$)/

const unescaped = (text: string): string =>
  text.replaceAll(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character))

const labelsOf = (text: string): Record<string, string> => {
  const labels: Record<string, string> = {}
  for (let rest = text; rest !== ''; ) {
    const [all, name, value] = LABEL.exec(rest) ?? []
    if (all === undefined || name === undefined || value === undefined) throw new Error(`no label: ${rest}`)
    if (name in labels) throw new Error(`a label twice: ${name}`)
    labels[name] = unescaped(value)
    rest = rest.slice(all.length)
  }
  return labels
}

const numberOf = (text: string): number => (text === '+Inf' ? Number.POSITIVE_INFINITY : Number(text))

const suffixesOf = (type: string): string[] => (type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''])

/** A histogram's buckets grow, end with +Inf, and agree with its count. */
const checkHistogram = ({ name, samples }: Family): void => {
  const groups = Map.groupBy(samples, ({ labels: { le: _, ...own } }) => JSON.stringify(own))
  for (const group of groups.values()) {
    const buckets = group.filter((sample) => sample.name === `${name}_bucket`)
    const bounds = buckets.map(({ labels }) => numberOf(labels.le ?? ''))
    const grows = (numbers: number[], strictly: boolean) =>
      numbers.every((n, at) => at === 0 || n > numbers[at - 1]! || (!strictly && n === numbers[at - 1]))
    const count = group.find((sample) => sample.name === `${name}_count`)
    const sum = group.find((sample) => sample.name === `${name}_sum`)
    if (!count || !sum || group.length !== buckets.length + 2) throw new Error(`${name} is not whole`)
    if (bounds.at(-1) !== Number.POSITIVE_INFINITY || !grows(bounds, true))
      throw new Error(`bounds of ${name}`)
    if (
      !grows(
        buckets.map(({ value }) => value),
        false,
      )
    )
      throw new Error(`buckets of ${name} shrink`)
    if (buckets.at(-1)?.value !== count.value) throw new Error(`+Inf of ${name} is not its count`)
  }
}

/**
 * Reads the text format 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/), more strictly than
 * Prometheus: HELP then TYPE before each metric, each once, nothing empty, no series twice, counters named `_total`.
 */
export const readExposition = (text: string): Map<string, Family> => {
  if (text !== '' && !text.endsWith('\n')) throw new Error('the last line does not end')
  const families = new Map<string, Family & { samples: Sample[] }>()
  const seen = new Set<string>()
  let help: RegExpExecArray | null = null
  let current: (Family & { samples: Sample[] }) | null = null
  for (const line of text.split('\n').slice(0, -1)) {
    if (help === null && line.startsWith('# HELP ')) {
      help = HELP.exec(line)
      if (!help) throw new Error(`no HELP: ${line}`)
    } else if (help !== null) {
      const [, name = '', type = ''] = TYPE.exec(line) ?? []
      if (name !== help[1] || families.has(name)) throw new Error(`no TYPE: ${line}`)
      if ((type === 'counter') !== name.endsWith('_total')) throw new Error(`the name of ${name}`)
      current = { name, type, help: unescaped(help[2] ?? ''), samples: [] }
      families.set(name, current)
      help = null
    } else {
      const [, name = '', labels = '', value = ''] = SAMPLE.exec(line) ?? []
      if (!current || !suffixesOf(current.type).some((suffix) => name === `${current?.name}${suffix}`))
        throw new Error(`a sample out of place: ${line}`)
      const sample = { name, labels: labelsOf(labels), value: numberOf(value) }
      const key = `${name}${JSON.stringify(Object.entries(sample.labels).sort())}`
      if (seen.has(key)) throw new Error(`a series twice: ${line}`)
      seen.add(key)
      current.samples.push(sample)
    }
  }
  for (const family of families.values()) if (family.type === 'histogram') checkHistogram(family)
  return families
}
