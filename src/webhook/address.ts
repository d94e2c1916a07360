// Which address a request goes to. A name is resolved once, its addresses are judged, and the one that was
// judged is the one that is used: a name that answers otherwise the second time changes nothing.
import { BlockList, isIP } from 'node:net'
import type { LookupFunction } from 'node:net'
import { ServiceError } from '../errors.js'

export interface Address {
  readonly address: string
  readonly family: number
}

/** All addresses of a name (dns.lookup with `all`). */
export type Resolve = (host: string) => Promise<readonly Address[]>

// What is not one host on the public network: IANA's special-purpose registries.
const ranges: readonly [string, number][] = [
  ['0.0.0.0', 8], ['10.0.0.0', 8], ['100.64.0.0', 10], ['127.0.0.0', 8], ['169.254.0.0', 16],
  ['172.16.0.0', 12], ['192.0.0.0', 24], ['192.0.2.0', 24], ['192.88.99.0', 24], ['192.168.0.0', 16],
  ['198.18.0.0', 15], ['198.51.100.0', 24], ['203.0.113.0', 24], ['224.0.0.0', 3],
]
// An IPv4 address written as IPv6 (::ffff:10.0.0.1) is judged by the list above.
const ranges6: readonly [string, number][] = [
  ['::', 96], ['64:ff9b::', 96], ['64:ff9b:1::', 48], ['100::', 64], ['2001::', 23],
  ['2001:db8::', 32], ['2002::', 16], ['3fff::', 20], ['5f00::', 16], ['fc00::', 7], ['fe80::', 9],
  ['ff00::', 8],
]
const special = new BlockList()
for (const [network, bits] of ranges) special.addSubnet(network, bits, 'ipv4')
for (const [network, bits] of ranges6) special.addSubnet(network, bits, 'ipv6')

/** Private, loopback, link-local, and whatever else is not one public host. */
export function isSpecial({ address, family }: Address): boolean {
  return special.check(address, family === 6 ? 'ipv6' : 'ipv4')
}

/** The address to use. Every address of the name must be allowed: which one is taken is not ours to say. */
export async function addressOf(
  { hostname }: URL, { resolve, allowPrivate }: { resolve: Resolve, allowPrivate: boolean },
): Promise<Address> {
  const host = hostname.replace(/^\[|\]$/g, '') // an IPv6 address stands in brackets
  const family = isIP(host)
  const addresses = family === 0 ? await resolve(host) : [{ address: host, family }]
  const [first] = addresses
  if (first === undefined) throw refused(`${host} has no address`)
  const wrong = allowPrivate ? undefined : addresses.find(isSpecial)
  if (wrong !== undefined) throw refused(`${wrong.address} is not a public address`)
  return first
}

/** For a request: whatever it asks for, it gets this address. */
export function pinned({ address, family }: Address): LookupFunction {
  return (_host, { all }, done) => {
    if (all === true) done(null, [{ address, family }])
    else done(null, address, family)
  }
}

function refused(detail: string): ServiceError {
  return new ServiceError('WEBHOOK_UNDELIVERED', { detail })
}
