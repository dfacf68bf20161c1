import { errorCode } from './error-code.ts'
import { Fault } from './fault.ts'

/** OpenSSL's and Node's names for a certificate that cannot be believed; those of undici wrap one of them. */
const UNTRUSTED =
  /^(?:CERT_.*|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_(?:GET_ISSUER_CERT|GET_ISSUER_CERT_LOCALLY|VERIFY_LEAF_SIGNATURE)|INVALID_CA|HOSTNAME_MISMATCH|ERR_TLS_CERT_ALTNAME_INVALID)$/

/** The status with which a proxy answered CONNECT; undefined when the matter is another one. */
const proxyStatus = (thrown: Error): number | undefined => {
  const code = errorCode(thrown)
  if (code === 'ERR_PROXY_TUNNEL') return (thrown as { statusCode?: number }).statusCode
  // undici tells it only in words, and with the codes of other matters
  const [, words] =
    (code === 'UND_ERR_ABORTED' && /^Proxy response \((\d{3})\)/.exec(thrown.message)) ||
    (code === 'UND_ERR_INVALID_ARG' && /^Proxy Authentication Required \((407)\)/.exec(thrown.message)) ||
    []
  return words === undefined ? undefined : Number(words)
}

/** Answers of a proxy that are about this request, not about this moment. */
const isRefusal = (status: number): boolean =>
  status >= 300 && status < 500 && status !== 408 && status !== 429

/** `PROXY_FAILED` when there is no tunnel: the proxy refused it, could not reach the other side, or was lost itself. */
export const proxyTrouble = (thrown: unknown): 'PROXY_FAILED' | undefined =>
  chain(thrown).some(
    (error) =>
      proxyStatus(error) !== undefined ||
      // only a tunnel has a limit for its head: agents leave that of requests to the caller
      ['ERR_PROXY_TUNNEL', 'UND_ERR_PRX_CONN', 'UND_ERR_HEADERS_TIMEOUT'].includes(errorCode(error) ?? ''),
  )
    ? 'PROXY_FAILED'
    : undefined

/**
 * What stands in the way between this service and the internet, when that is what was thrown, else null:
 * `network.certificate_untrusted` or `network.proxy_refused`. Nothing of a request was sent then.
 */
export const egressFault = (thrown: unknown): Fault | null => {
  for (const error of chain(thrown)) {
    const code = errorCode(error)
    if (code !== undefined && UNTRUSTED.test(code))
      return new Fault(
        'network.certificate_untrusted',
        { error: code },
        { detail: `(${code})`, cause: thrown },
      )
    const status = proxyStatus(error)
    if (status !== undefined && isRefusal(status))
      return new Fault('network.proxy_refused', { status }, { detail: `(status ${status})`, cause: thrown })
  }
  return null
}

/** An error and what it says caused it. */
const chain = (thrown: unknown): Error[] => (thrown instanceof Error ? [thrown, ...chain(thrown.cause)] : [])
