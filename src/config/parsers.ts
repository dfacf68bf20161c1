import { BlockList, isIP, isIPv4 } from 'node:net'
import { resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseAllowList } from '../base/allow-list.ts'
import { isBucketName } from '../base/bucket-name.ts'
import { PRIVATE_SPACE } from '../base/private-space.ts'

/** A setting's text as its value, or one sentence about what is wrong with it. The sentence never repeats the text. */
export type Parsed<T> = { readonly value: T } | { readonly problem: string }

const ok = <T>(value: T): Parsed<T> => ({ value })
const no = (problem: string): Parsed<never> => ({ problem })

/** One label of a host name, or several with dots between. */
const HOST = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/i

export type Tenant = {
  /** What stands before `.benchling.com`, in the case it was given. */
  readonly slug: string
  readonly host: string
  /** True for a host under `.benchling.test`, which only a simulator answers. */
  readonly simulated: boolean
}

/** A tenant as people paste it: slug, host, or any address in it. */
export const tenant = (text: string): Parsed<Tenant> => {
  const host = text
    .trim()
    .replace(/^https?:\/\//i, '')
    .replace(/[/?#].*$/s, '')
    .replace(/\.+$/, '')
  const simulated = /\.benchling\.test$/i.test(host)
  const slug = host.replace(/\.benchling\.(com|test)$/i, '')
  if (!HOST.test(slug))
    return no('must be a tenant like acme, acme.benchling.com or https://acme.benchling.com')
  return ok({ slug, host: `${slug}.benchling.${simulated ? 'test' : 'com'}`.toLowerCase(), simulated })
}

export type AppId = { readonly mode: 'definition' | 'legacy'; readonly id: string }

/** Apps that can be shared are known by their definition, legacy apps (and all on GxP tenants) by their installation. */
export const appId = (text: string): Parsed<AppId> => {
  if (/^appdef_[A-Za-z0-9]{1,64}$/.test(text)) return ok({ mode: 'definition', id: text })
  if (/^app_[A-Za-z0-9]{1,64}$/.test(text)) return ok({ mode: 'legacy', id: text })
  return no(
    'must be an app definition id like appdef_PRhebXCvtw, or for legacy apps an app id like app_DRBigxGEyr2BzW4T',
  )
}

export type RegistryPlace =
  | { readonly kind: 's3'; readonly url: string; readonly bucket: string }
  | { readonly kind: 'folder'; readonly url: string; readonly path: string }

export const registry = (text: string): Parsed<RegistryPlace> => {
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(text)?.[1]?.toLowerCase()
  if (scheme === 's3') {
    const bucket = text.slice('s3://'.length).replace(/\/$/, '')
    return isBucketName(bucket)
      ? ok({ kind: 's3', url: `s3://${bucket}`, bucket })
      : no('must name a bucket and nothing else after s3://')
  }
  if (scheme !== undefined && scheme !== 'file')
    return no('must be s3://bucket, a folder, or a file:// address')
  try {
    const path = resolve(scheme === 'file' ? fileURLToPath(text) : text)
    return ok({ kind: 'folder', path, url: pathToFileURL(path).href })
  } catch {
    return no('must be a file:// address of a folder on this machine')
  }
}

/** Half of a Quilt package name: `^[A-Za-z0-9_-]+$` (quilt3, `PACKAGE_NAME_FORMAT`). */
export const packagePrefix = (text: string): Parsed<string> =>
  /^[A-Za-z0-9_-]{1,100}$/.test(text) ? ok(text) : no('must consist of letters, digits, _ and -')

export const metadataKey = (text: string): Parsed<string> =>
  /^[A-Za-z_][A-Za-z0-9_-]{0,127}$/.test(text)
    ? ok(text)
    : no('must begin with a letter or _ and consist of letters, digits, _ and -')

export const word = (text: string): Parsed<string> =>
  /^[\x21-\x7e]{1,128}$/.test(text) ? ok(text) : no('must be one word of at most 128 printable characters')

/** Secrets read from a file often end in a newline, which no secret contains. */
export const secret = (text: string): Parsed<string> =>
  /^[\x21-\x7e]{1,4096}$/.test(text.trim())
    ? ok(text.trim())
    : no('must be printable characters without spaces')

export const catalogHost = (text: string): Parsed<string> => {
  const host = text
    .trim()
    .replace(/^https?:\/\//i, '')
    .replace(/\/+$/, '')
  return HOST.test(host)
    ? ok(host.toLowerCase())
    : no('must be a host like open.quiltdata.com, without a path')
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html and PutMetricData: AWS/ is Amazon's own. */
export const metricsNamespace = (text: string): Parsed<string> =>
  /^(?!AWS\/)[A-Za-z0-9._/#-][A-Za-z0-9._/#:-]{0,254}$/.test(text)
    ? ok(text)
    : no('must be a CloudWatch namespace: up to 255 letters, digits and . - _ / # : without AWS/ in front')

export const region = (text: string): Parsed<string> =>
  /^[a-z]{2,4}(-[a-z]+)+-\d{1,2}$/.test(text) ? ok(text) : no('must be a region like us-east-1')

/** The ARN of a role, in any partition (IAM user guide, IAM identifiers): path of at most 512 characters, name of 64. */
export const roleArn = (text: string): Parsed<string> => {
  const arn = text.trim()
  return /^arn:aws(?:-[a-z]+)*:iam::\d{12}:role\/(?:[\x21-\x7e]{1,510}\/)?[\w+=,.@-]{1,64}$/.test(arn)
    ? ok(arn)
    : no('must be the ARN of a role, like arn:aws:iam::123456789012:role/quilt-writer')
}

export const folder = (text: string): Parsed<string> =>
  text.includes('\0') ? no('must be the path of a folder') : ok(resolve(text))

export const bindAddress = (text: string): Parsed<string> =>
  HOST.test(text) || /^[0-9a-f:]+$/i.test(text)
    ? ok(text)
    : no('must be an address or host name to listen on')

export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || host === '[::1]' || (isIPv4(host) && host.startsWith('127.'))

/** An origin on this machine: nothing but plain HTTP to loopback, so that no secret can be sent to a stranger by it. */
export const loopbackOrigin = (text: string): Parsed<string> => {
  const url = URL.canParse(text) ? new URL(text) : null
  const plain = url?.protocol === 'http:' && url.pathname === '/' && !url.search && !url.hash && !url.username
  return url && plain && isLoopback(url.hostname)
    ? ok(url.origin)
    : no('must be an address like http://127.0.0.1:4000 on this machine, without a path')
}

export const flag = (text: string): Parsed<boolean> => {
  const lower = text.toLowerCase()
  if (['true', '1', 'yes'].includes(lower)) return ok(true)
  return ['false', '0', 'no'].includes(lower) ? ok(false) : no('must be true or false')
}

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  KIB: 2 ** 10,
  MIB: 2 ** 20,
  GIB: 2 ** 30,
  TIB: 2 ** 40,
}

export const integer =
  (min: number, max: number) =>
  (text: string): Parsed<number> =>
    /^\d{1,15}$/.test(text) && Number(text) >= min && Number(text) <= max
      ? ok(Number(text))
      : no(`must be a whole number from ${min} to ${max}`)

/** A number of bytes, with an optional binary unit: `67108864` or `64MiB`. */
export const byteCount =
  (min: number, max: number) =>
  (text: string): Parsed<number> => {
    const [, digits, unit] = /^(\d{1,15})\s?((?:[KMGT]iB)?)$/i.exec(text) ?? []
    const value = Number(digits) * (UNITS[unit?.toUpperCase() ?? ''] ?? Number.NaN)
    return value >= min && value <= max
      ? ok(value)
      : no('must be a number of bytes in range, like 67108864 or 64MiB')
  }

/** Hosts separated by commas. `*.example.com` means every host below example.com. */
export const hostList = (text: string): Parsed<readonly string[]> => {
  const hosts = text.split(',').flatMap((host) => host.trim().toLowerCase() || [])
  const good = hosts.every((host) => HOST.test(host.replace(/^\*\./, '')))
  return good && hosts.length > 0
    ? ok(hosts)
    : no('must be hosts separated by commas, like *.amazonaws.com, without scheme and port')
}

const isPrivateNetwork = (cidr: string): boolean => {
  const [, address = '', digits] = /^([0-9a-f.:]+)\/(\d{1,3})$/.exec(cidr) ?? []
  const family = isIP(address) === 4 ? 'ipv4' : 'ipv6'
  const bits = Number(digits)
  if (isIP(address) === 0 || bits > (family === 'ipv4' ? 32 : 128)) return false
  return PRIVATE_SPACE.some(([net, least]) => {
    if (isIPv4(net) !== isIPv4(address) || bits < least) return false
    const space = new BlockList()
    space.addSubnet(net, least, family)
    return space.check(address, family)
  })
}

/** Networks in CIDR form separated by commas, each within private space. */
export const privateNetworks = (text: string): Parsed<readonly string[]> => {
  const cidrs = text.split(',').flatMap((cidr) => cidr.trim().toLowerCase() || [])
  return cidrs.length > 0 && cidrs.every(isPrivateNetwork)
    ? ok(cidrs)
    : no(
        'must be private networks separated by commas, like 10.20.0.0/16 or fd12:3456::/32, within 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10 or fc00::/7',
      )
}

export const oneOf =
  <const T extends string>(names: Readonly<Record<string, T>>) =>
  (text: string): Parsed<T> => {
    const value = Object.hasOwn(names, text.toLowerCase()) ? names[text.toLowerCase()] : undefined
    return value !== undefined
      ? ok(value)
      : no(`must be one of ${[...new Set(Object.values(names))].join(', ')}`)
  }

/** What `parseAllowList` reads; the text itself is the value. */
export const allowList = (text: string): Parsed<string> => {
  const parsed = parseAllowList(text)
  return 'problem' in parsed ? no(parsed.problem) : ok(text)
}
