/// A query by a second decoder, which shares nothing with the one of the service.
enum PlainQuery: Equatable {
    case read([String: String])
    case refused(parameter: String?)

    init(_ query: String) {
        guard query.utf8.count <= 8192 else {
            self = .refused(parameter: "query")
            return
        }
        var pairs: [String: String] = [:]
        for pair in Array(query.utf8).split(separator: UInt8(ascii: "&")) {
            let equals = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
            guard let name = Self.decoded(Array(pair[..<equals])),
                let value = Self.decoded(Array(pair[equals...].dropFirst()))
            else {
                self = .refused(parameter: "query")
                return
            }
            guard pairs[name] == nil else {
                self = .refused(parameter: name)
                return
            }
            pairs[name] = value
        }
        self = .read(pairs)
    }

    private static func decoded(_ text: [UInt8]) -> String? {
        var bytes: [UInt8] = []
        var index = 0
        while index < text.count {
            switch text[index] {
            case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                let digits = text[(index + 1)...].prefix(2)
                guard digits.count == 2, digits.allSatisfy({ "0123456789abcdefABCDEF".utf8.contains($0) }),
                    let byte = UInt8(String(decoding: digits, as: UTF8.self), radix: 16), byte != 0
                else { return nil }
                bytes.append(byte)
                index += 2
            case 0: return nil
            default: bytes.append(text[index])
            }
            index += 1
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
