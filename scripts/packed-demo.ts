/**
 * `npm pack`, installed into an empty folder: what is published must do the main job by itself, without dependencies,
 * and show its page.
 */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'

const run = promisify(execFile)
const SAMPLES = 3

const install = async (folder: string): Promise<string> => {
  await run('npm', ['pack', '--silent', '--pack-destination', folder])
  const tarball = (await readdir(folder)).find((name) => name.endsWith('.tgz'))
  if (!tarball) throw new Error('npm pack made no tarball')
  const project = join(folder, 'project')
  await mkdir(project)
  await writeFile(join(project, 'package.json'), '{"name":"empty","private":true}')
  await run('npm', ['install', '--silent', '--no-audit', '--no-fund', join(folder, tarball)], {
    cwd: project,
  })
  const installed = (await readdir(join(project, 'node_modules'))).filter((name) => !name.startsWith('.'))
  if (installed.join() !== 'benchling-webhook')
    throw new Error(`unexpected runtime dependencies: ${installed}`)
  return project
}

const launcherOf = (project: string): string =>
  join(project, 'node_modules/benchling-webhook/bin/benchling-webhook.cjs')

const mainJob = async (project: string): Promise<void> => {
  const { stdout } = await run(
    process.execPath,
    [launcherOf(project), 'demo', '--once', '--json', '--registry', 'packages'],
    { cwd: project },
  )
  const { packages } = JSON.parse(stdout) as { packages: { name: string; topHash: string; files: number }[] }
  if (packages.length !== SAMPLES) throw new Error(`expected ${SAMPLES} packages, found ${packages.length}`)
  for (const made of packages) say(`${made.name}  ${made.topHash.slice(0, 10)}  ${made.files} files`)
}

const pageOf = async (project: string): Promise<void> => {
  const demo = spawn(process.execPath, [launcherOf(project), 'demo', '--port', '0', '--page-port', '0'], {
    cwd: project,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(demo, 'exit')
  try {
    for await (const line of createInterface({ input: demo.stdout })) {
      const address = /Notebook\s+(http:\S+)/.exec(line)?.[1]
      if (!address) continue
      for (const path of ['/', '/main.js', '/style.css']) {
        const answer = await fetch(new URL(path, address))
        if (!answer.ok) throw new Error(`${path} of the page answered ${answer.status}`)
        await answer.body?.cancel()
      }
      say(`the page is served at ${address}`)
      break
    }
  } finally {
    demo.kill('SIGINT')
  }
  const [status] = await ended
  if (status !== 0) throw new Error(`Ctrl-C ended the demonstration with ${status}`)
}

const say = (fact: string): void => {
  process.stdout.write(`  ✓ ${fact}\n`)
}

const folder = await mkdtemp(join(tmpdir(), 'packed-'))
try {
  const project = await install(folder)
  await mainJob(project)
  await pageOf(project)
} finally {
  await rm(folder, { recursive: true, force: true })
}
