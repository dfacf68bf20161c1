import type { Topic } from '../jobs/ports.ts'

/** What subjects watch that show a package: a canvas with linked packages. */
export const packageTopic = (bucket: string, name: string): Topic => `package:${bucket}/${name}`

/**
 * What the entry watches whose package it is. A topic of its own, because an event of the package changes what the record
 * of the entry says, but is nothing to package again. A colon is in no package name.
 */
export const ownerTopic = (bucket: string, name: string): Topic => `package:${bucket}/${name}:entry`
