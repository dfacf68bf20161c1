type Header = {
  readonly name: string
  readonly crc: number
  readonly method: 0 | 8
  readonly size: number
  readonly packed: number
}

/** Headers of a ZIP archive of any size whose members are below 4 GiB, written as its bytes are. APPNOTE 6.3.10. */
export const zipHeaders = (): { local(header: Header): Buffer; end(): Buffer } => {
  const records: Buffer[] = []
  let at = 0
  const common = ({ name, crc, method, size, packed }: Header, extra: number): Buffer => {
    const bytes = Buffer.alloc(26)
    bytes.writeUInt16LE(45, 0)
    bytes.writeUInt16LE(0x0800, 2)
    bytes.writeUInt16LE(method, 4)
    bytes.writeUInt16LE(0x5ca4, 8)
    bytes.writeUInt32LE(crc, 10)
    bytes.writeUInt32LE(packed, 14)
    bytes.writeUInt32LE(size, 18)
    bytes.writeUInt16LE(Buffer.byteLength(name), 22)
    bytes.writeUInt16LE(extra, 24)
    return bytes
  }
  return {
    local: (header) => {
      const name = Buffer.from(header.name)
      const tail = Buffer.alloc(14)
      tail.writeUInt32LE(0xffffffff, 10)
      const extra = Buffer.alloc(12)
      extra.writeUInt16LE(1, 0)
      extra.writeUInt16LE(8, 2)
      extra.writeBigUInt64LE(BigInt(at), 4)
      records.push(
        Buffer.concat([Buffer.from('PK\x01\x02-\x03', 'latin1'), common(header, 12), tail, name, extra]),
      )
      const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common(header, 0), name])
      at += local.length + header.packed
      return local
    },
    end: () => {
      const directory = Buffer.concat(records)
      const long = Buffer.alloc(56)
      long.write('PK\x06\x06', 'latin1')
      long.writeBigUInt64LE(44n, 4)
      long.writeUInt16LE(45, 12)
      long.writeUInt16LE(45, 14)
      long.writeBigUInt64LE(BigInt(records.length), 24)
      long.writeBigUInt64LE(BigInt(records.length), 32)
      long.writeBigUInt64LE(BigInt(directory.length), 40)
      long.writeBigUInt64LE(BigInt(at), 48)
      const locator = Buffer.alloc(20)
      locator.write('PK\x06\x07', 'latin1')
      locator.writeBigUInt64LE(BigInt(at + directory.length), 8)
      locator.writeUInt32LE(1, 16)
      const short = Buffer.alloc(22, 0xff)
      short.write('PK\x05\x06\0\0\0\0', 'latin1')
      short.writeUInt16LE(0, 20)
      return Buffer.concat([directory, long, locator, short])
    },
  }
}
