import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { getCallSites } from 'node:util'
import { inject } from 'vitest'
import { METRICS } from '../../src/base/metric-names.ts'
import { Figures } from '../../src/base/metrics-figures.ts'

const SOURCES = `${join(import.meta.dirname, '../../src')}/`
const open = new Set(Object.keys(METRICS))
const list = inject('metricsMoved')

const moved = (name: string): void => {
  if (open.delete(name)) appendFileSync(list, `${name}\n`)
}

/** True when the product itself called, not a test. */
const isOurs = (): boolean => {
  const caller = getCallSites(4).find(({ scriptName }) => !scriptName.includes(import.meta.filename))
  return caller?.scriptName.includes(SOURCES) === true
}

type Call = (this: Figures, name: string, ...more: unknown[]) => void
const methods = Figures.prototype as unknown as Record<'count' | 'observe' | 'gauge', Call>

/**
 * A setup file: notes the name of every figure that the product moves while tests run, as counted: a call that is
 * refused notes nothing. A gauge moves when it is read and says something.
 */
for (const method of ['count', 'observe'] as const) {
  const original = methods[method]
  methods[method] = function (name, ...more) {
    original.call(this, name, ...more)
    if (!open.has(name) || !isOurs()) return
    const totals = this.totals().filter((total) => total.name === name)
    if (totals.some((total) => ('value' in total ? total.value : total.count) > 0)) moved(name)
  }
}

const { gauge } = methods
methods.gauge = function (name, unit, read) {
  const ours = isOurs()
  const noted = (): unknown => {
    const value = (read as () => unknown)()
    if (ours && typeof value === 'number') moved(name)
    return value
  }
  gauge.call(this, name, unit, noted)
}
