import { abortable } from '../base/abortable.ts'
import type { ByteRange, Download, DownloadAnswer } from '../base/download.ts'
import { Fault } from '../base/fault.ts'
import { type DownloadClient, LinkExpired, type OpenedDownload } from './download-client.ts'

/**
 * A file at a signed address that renews itself: when the address no longer opens, the API is asked once for a fresh
 * one, for all readers together; when that does not open either, `export.link_expired`. The address is in a private
 * field, so that neither a log nor an inspector shows it.
 */
export class SignedDownload implements Download {
  readonly #client: DownloadClient
  readonly #renew: (signal: AbortSignal) => Promise<string>
  #address: string
  #renewing: Promise<string> | undefined

  constructor(client: DownloadClient, address: string, renew: (signal: AbortSignal) => Promise<string>) {
    this.#client = client
    this.#address = address
    this.#renew = renew
  }

  async get(range: ByteRange | null, signal: AbortSignal): Promise<DownloadAnswer> {
    const { disposition: _, ...answer } = await this.open(range, signal)
    return answer
  }

  /** Like `get`, with the answer's content-disposition. */
  async open(range: ByteRange | null, signal: AbortSignal): Promise<OpenedDownload> {
    const address = this.#address
    try {
      return await this.#client.open(address, range, signal)
    } catch (thrown) {
      if (!(thrown instanceof LinkExpired)) throw thrown
    }
    const fresh = await this.#fresh(address, signal)
    try {
      return await this.#client.open(fresh, range, signal)
    } catch (thrown) {
      if (!(thrown instanceof LinkExpired)) throw thrown
      throw new Fault('export.link_expired', { status: thrown.status, storeCode: thrown.storeCode })
    }
  }

  /** A newer address than the one that failed: another reader's, or one asked for now. */
  async #fresh(failed: string, signal: AbortSignal): Promise<string> {
    // The first reader's abort must not take the answer from the others: whoever is left asks again.
    while (this.#address === failed) {
      const mine = this.#renewing === undefined
      this.#renewing ??= this.#renew(signal).finally(() => {
        this.#renewing = undefined
      })
      try {
        const fresh = await abortable(this.#renewing, signal)
        if (fresh === failed) throw new Fault('export.link_expired', { reason: 'no fresh link' })
        this.#address = fresh
      } catch (thrown) {
        signal.throwIfAborted()
        if (mine || thrown instanceof Fault) throw thrown
      }
    }
    return this.#address
  }
}
