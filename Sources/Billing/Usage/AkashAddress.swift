/// The address of an account on Akash: bech32 of the prefix `akash`.
package enum AkashAddress {
    private static let prefix = Array("akash".utf8)
    private static let alphabet = Array("qpzry9x8gf2tvdw0s3jn54khce6mua7l".utf8)
    private static let checksumLength = 6

    /// The address in lower case, as the chain writes it; `nil` if the text is not one.
    ///
    /// The rules are those of <https://github.com/bitcoin/bips/blob/master/bip-0173.mediawiki>.
    package static func canonical(_ text: String) -> String? {
        guard text.utf8.count <= 90 else { return nil }
        let lower = text.lowercased()
        // Upper case is valid, mixed case is not.
        guard text == lower || text == text.uppercased(),
            lower.utf8.starts(with: prefix + [UInt8(ascii: "1")])
        else { return nil }
        let digits = lower.utf8.dropFirst(prefix.count + 1).map { alphabet.firstIndex(of: $0) }
        guard !digits.contains(nil), digits.count > checksumLength else { return nil }
        let values = digits.map { UInt32($0 ?? 0) }
        let high = prefix.map { UInt32($0 >> 5) }
        let low = prefix.map { UInt32($0 & 31) }
        guard remainder(high + [0] + low + values) == 1, holdsWholeBytes(values.dropLast(checksumLength))
        else {
            return nil
        }
        return lower
    }

    /// The remainder of the checksum's polynomial, 1 for a right checksum.
    private static func remainder(_ values: [UInt32]) -> UInt32 {
        let generator: [UInt32] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3]
        return values.reduce(1) { sum, value in
            let top = sum >> 25
            let shifted = (sum & 0x1ff_ffff) << 5 ^ value
            return generator.enumerated().reduce(shifted) { top >> $1.offset & 1 == 1 ? $0 ^ $1.element : $0 }
        }
    }

    /// Whether groups of five bits are bytes, with fewer than five bits over, all zero.
    private static func holdsWholeBytes(_ groups: ArraySlice<UInt32>) -> Bool {
        let over = groups.count * 5 % 8
        let rest = (1 << UInt32(over)) &- 1 as UInt32
        return over < 5 && (groups.last ?? 0) & rest == 0
    }
}
