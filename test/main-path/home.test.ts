import { expect, test } from 'vitest'
import { APP_FEATURES } from '../../src/base/app-features.ts'
import { Lab } from './support/lab.ts'
import { entrySeed, file } from './support/seeds.ts'

const FIRST = 'etr_HomeA001'
const SECOND = 'etr_HomeB001'

const labOfTwo = () =>
  Lab.start({
    tenant: {
      entries: [
        entrySeed(FIRST, [file('first.csv', 'a\n1\n')]),
        entrySeed(SECOND, [file('second.csv', 'b\n2\n')]),
      ],
    },
  })

/** The only canvas that sits in no entry, and how people use it. */
const placeOf = (lab: Lab) => {
  const canvas = () => lab.tenant.canvases.list().find(({ resourceId }) => !resourceId.startsWith('etr_'))!
  const buttons = () => canvas().blocks.flatMap(({ children = [] }) => children)
  return {
    canvas,
    shows: () => lab.shows(canvas().id),
    type: (text: string) => lab.tenant.canvases.fill(canvas().id, { 'search-text': text }),
    typed: () => buttons().find(({ id }) => id === 'search-text')?.value,
    press: async (label: string) => {
      const button = buttons().find(({ text }) => text === label)
      if (!button?.id) throw new Error(`There is no button ${label}: ${buttons().map(({ text }) => text)}`)
      await lab.tenant.click(canvas().id, button.id)
      await lab.rest()
      expect(canvas().enabled).toBe(true)
    },
  }
}

test('The homepage lists packages, searches them, and browses them without leaving it', async () => {
  await using lab = await labOfTwo()
  await lab.tenant.openHome()
  await lab.rest()
  const home = placeOf(lab)
  expect(home.canvas()).toMatchObject({ featureId: APP_FEATURES.home.id, enabled: true })
  expect(home.shows()).toContain('No package was made yet.')
  expect(home.shows()).toMatch(/The service (works|is starting)/)

  await lab.tenant.created(FIRST)
  await lab.rest()
  await lab.tenant.created(SECOND)
  await lab.rest()
  await home.press('Refresh')
  const [first, second] = [(await lab.entry(FIRST)).state, (await lab.entry(SECOND)).state]
  expect(home.shows()).toMatch(new RegExp(`${second.displayId}.*${first.displayId}`))

  home.type(`  ${first.displayId?.toLowerCase()} `)
  await home.press('Search')
  expect(home.shows()).toContain(`Packages for “${first.displayId?.toLowerCase()}”`)
  expect(home.typed()).toBe(first.displayId?.toLowerCase())
  expect(home.shows()).not.toContain(second.displayId)

  await home.press(`Browse ${first.displayId}`)
  expect(home.shows()).toContain('first.csv')
  await home.press('Metadata')
  expect(home.shows()).toContain('## Metadata')
  await home.press('Back to packages')
  expect(home.shows()).toContain(`Packages for “${first.displayId?.toLowerCase()}”`)
  expect(home.typed()).toBe(first.displayId?.toLowerCase())

  await home.press('Clear')
  expect(home.typed()).toBe(null)
  expect(home.shows()).toContain('### Latest packages')
  await lab.tenant.openHome()
  await lab.rest()
  expect(lab.tenant.canvases.list()).toHaveLength(1)
})

test('A listed package is kept current by itself, and what somebody is typing stays', async () => {
  await using lab = await labOfTwo()
  await lab.tenant.created(FIRST)
  await lab.rest()
  await lab.tenant.openHome()
  await lab.rest()
  const home = placeOf(lab)
  const before = (await lab.entry(FIRST)).state.revision?.topHash.slice(0, 10)
  expect(home.shows()).toContain(before)
  home.type('half a wor')

  lab.tenant.entries.update(FIRST, { name: 'Renamed' })
  await lab.tenant.save(FIRST, ['Anything'])
  await lab.rest()
  const after = (await lab.entry(FIRST)).state.revision?.topHash.slice(0, 10)
  expect(after).not.toBe(before)
  expect(home.shows()).toContain(after)
  expect(home.shows()).not.toContain(before)
  expect(home.typed()).toBe('half a wor')
})

test.each([
  ['a run', (lab: Lab) => lab.tenant.openRun(APP_FEATURES.run.id)],
  [
    'a canvas that Benchling itself put on the homepage',
    async (lab: Lab) => {
      const { appId } = lab.tenant.credentials
      const { id: canvasId, featureId } = lab.tenant.canvases.create({
        appId,
        featureId: APP_FEATURES.entry.id,
        resourceId: appId,
      })
      await lab.tenant.deliver({ type: 'v2.canvas.created', canvasId, featureId })
    },
  ],
] as const)('%s shows the same, and opens nothing that it does not list', async (_, open) => {
  await using lab = await labOfTwo()
  await lab.tenant.created(FIRST)
  await lab.rest()
  await open(lab)
  await lab.rest()
  const place = placeOf(lab)
  const { displayId, packageName } = (await lab.entry(FIRST)).state
  expect(place.shows()).toContain(packageName)
  const { id, featureId } = place.canvas()
  const forged = { type: 'v2.canvas.userInteracted', canvasId: id, featureId, buttonId: 'open.0badc0de' }
  await lab.tenant.deliver(forged)
  await lab.rest()
  expect(place.shows()).toContain('## Not listed')
  await place.press('Back to packages')
  await place.press(`Browse ${displayId}`)
  expect(place.shows()).toContain('first.csv')
})

test('A search that finds nothing says so, in the words that were typed', async () => {
  await using lab = await labOfTwo()
  await lab.tenant.openHome()
  await lab.rest()
  const home = placeOf(lab)
  home.type('*[nothing]*')
  await home.press('Search')
  expect(home.shows()).toContain('Packages for “\\\\*\\\\[nothing\\\\]\\\\*”')
  expect(home.shows()).toContain('No package has that display id')
})
