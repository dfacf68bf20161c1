const KEPT = 16

/** What was sent as authorization lately: client secrets, tokens, and the forms in which they travel. */
export class Secrets {
  readonly #sent = new Set<string>()

  get all(): Iterable<string> {
    return this.#sent
  }

  /** Notes the secrets of an authorization header (RFC 6750, RFC 7617). */
  sent(authorization: string | undefined): void {
    const [, scheme, value = ''] = /^(Bearer|Basic) (\S+)$/.exec(authorization ?? '') ?? []
    if (scheme === undefined) return
    this.#keep(value)
    if (scheme === 'Basic') this.#keep(Buffer.from(value, 'base64').toString().split(':').slice(1).join(':'))
  }

  #keep(secret: string): void {
    this.#sent.delete(secret)
    this.#sent.add(secret)
    if (this.#sent.size > KEPT) for (const oldest of this.#sent) return void this.#sent.delete(oldest)
  }
}
