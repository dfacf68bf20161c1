import { writeSync } from 'node:fs'
import { systemClock } from '../../src/base/clock.ts'
import type { Key } from '../../src/jobs/ports.ts'
import { openSqliteJobs } from '../../src/local/sqlite-jobs.ts'
import { delivery, touching } from '../jobs/support.ts'

/**
 * A process of its own for the tests of SQLite: `record` answers deliveries until it is killed, printing the id of each
 * acknowledged one; `count` adds to one record a number of times and ends.
 */
const [mode, path, name = ''] = process.argv.slice(2)
const { subjects, close } = openSqliteJobs(String(path), { clock: systemClock })

if (mode === 'record') {
  let next = 0
  const lane = async (): Promise<never> => {
    for (;;) {
      const d = delivery(`d${next++}`, Date.now())
      const keys: Key[] = [`entry:etr_${next % 7}`, `canvas:cnvs_${next % 3}`]
      await subjects.record(
        d,
        keys.map((key) => touching(key, d)),
      )
      writeSync(1, `${d.id}\n`)
    }
  }
  await Promise.all(Array.from({ length: 16 }, lane))
}

if (mode === 'count') {
  for (let i = 0; i < 10; i++) {
    const ids = Array.from({ length: 10 }, (_, j) => delivery(`${name}-${i}-${j}`, Date.now()))
    await Promise.all(ids.map((d) => subjects.record(d, [touching('entry:etr_1', d)])))
  }
  await close()
}
