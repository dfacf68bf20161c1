/** Everything a text is in when it hides: as it is, in JSON, in an address (once and twice), in base64 at any place. */
export const formsOf = (secret: string): string[] => {
  const inJson = JSON.stringify(secret).slice(1, -1)
  const inUrl = encodeURIComponent(secret)
  const inForm = new URLSearchParams({ x: secret }).toString().slice(2)
  const base64 = [0, 1, 2].map((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), Buffer.from(secret)]).toString('base64')
    // The first and last characters mix with what stands beside the secret.
    return text.slice(offset === 0 ? 0 : 4, text.length - 4)
  })
  const forUrls = base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'))
  const hex = Buffer.from(secret).toString('hex')
  return [...new Set([secret, inJson, inUrl, inForm, encodeURIComponent(inUrl), hex, ...base64, ...forUrls])]
}

/** Where secrets were found, each as the beginning of the secret and the place; none is what is wanted. */
export const leaks = (secrets: Iterable<string>, places: ReadonlyMap<string, string>): string[] => {
  const found: string[] = []
  for (const secret of secrets)
    for (const form of formsOf(secret))
      for (const [place, text] of places) {
        const at = text.indexOf(form)
        if (at >= 0)
          found.push(`${secret.slice(0, 40)}… is in ${place}: …${text.slice(Math.max(0, at - 80), at + 60)}`)
      }
  return found
}

/** What this process writes to its own output until disposed. */
export const processOutput = (): Disposable & { readonly text: string } => {
  let text = ''
  const streams = [process.stdout, process.stderr].map((stream) => ({ stream, write: stream.write }))
  for (const { stream, write } of streams)
    stream.write = ((chunk: unknown, ...more: unknown[]) => {
      text += String(chunk)
      return Reflect.apply(write, stream, [chunk, ...more])
    }) as typeof write
  return {
    get text() {
      return text
    },
    [Symbol.dispose]: () => {
      for (const { stream, write } of streams) stream.write = write
    },
  }
}
