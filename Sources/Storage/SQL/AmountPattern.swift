import Billing

/// Which amounts may contain a text, in either of their formats and in lower case.
struct AmountPattern: Equatable {
    /// The digits that the amount in minor units contains, when zeros are put before it.
    private(set) var digits: String?
    /// A part of the code of the currency: rows of it are found as well.
    private(set) var code: String?
    /// Whether any amount may contain the text.
    private var isAny = false

    static let never = AmountPattern()
    static let always = AmountPattern(isAny: true)

    private init(isAny: Bool) { self.isAny = isAny }

    private init() {}

    /// - Parameters:
    ///   - text: In lower case.
    ///   - currency: `nil` for currencies of which only the store knows the codes: letters and digits.
    init(_ text: String, in currency: Currency?) {
        func isDigit(_ byte: UInt8) -> Bool { 0x30...0x39 ~= byte }
        func isOfNumber(_ byte: UInt8) -> Bool { isDigit(byte) || byte == 0x2C || byte == 0x2E }
        let number = text.utf8.reversed().prefix(while: isOfNumber).reversed()
        let unit = String(decoding: text.utf8.dropLast(number.count), as: UTF8.self)
        let digits = String(decoding: number.filter(isDigit), as: UTF8.self)
        if let currency {
            let zero = Money(minorUnits: 0, currency: currency).display
            let signed = "-" + zero.prefix { $0 != "0" }.lowercased()
            if number.isEmpty {
                self = Self.bytes(of: unit, areIn: signed) ? .always : .never
            } else if unit.isEmpty || unit == "-"
                || signed.utf8.suffix(unit.utf8.count).elementsEqual(unit.utf8)
            {
                self = .always
                if !digits.isEmpty { (isAny, self.digits) = (false, digits) }
            }
        } else if text.contains("-") || text.contains(" ") {
            self = .always
        } else {
            code = text
            if unit.isEmpty { self.digits = digits }
        }
    }

    private static func bytes(of part: String, areIn text: String) -> Bool {
        var rest = text.utf8[...]
        while rest.count >= part.utf8.count {
            if rest.starts(with: part.utf8) { return true }
            rest = rest.dropFirst()
        }
        return false
    }
}
