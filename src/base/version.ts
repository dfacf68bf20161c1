import manifest from '../../package.json' with { type: 'json' }

/** The version of this software, from package.json: the only place it is written. */
export const VERSION: string = manifest.version
