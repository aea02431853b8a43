/// JSON texts with a number at an extreme: each number of a text in turn, and all of them at once.
///
/// They are found in the text and not by their names, so that a new field is tried without a change here.
package struct Extremes: Sendable {
    private let text: [UInt8]
    /// The positions of its numbers; for numbers in quotation marks, of the text between them.
    private let places: [Range<Int>]

    /// - Parameters:
    ///   - text: Any JSON, or lines of it.
    ///   - quoted: Whether texts of digits alone are numbers, as heights and prices are.
    package init(of text: [UInt8], quoted: Bool = false) {
        self.text = text
        places = Self.numbers(in: text, quoted: quoted)
    }

    /// The ends of 64 bits, the bound of amounts and its neighbours, and numbers near zero.
    package static let numbers = [
        String(Int64.min), String(Int64.max), "-10000000000001", "-10000000000000", "-9999999999999",
        "9999999999999", "10000000000000", "10000000000001", "-1", "0", "1e18", "99999999999999999999",
    ]

    /// The text with one of its numbers, or each of them, as `number`.
    package func variants(_ number: String) -> [[UInt8]] {
        places.map { with(number, at: [$0]) } + (places.count > 1 ? [with(number, at: places)] : [])
    }

    private func with(_ number: String, at places: [Range<Int>]) -> [UInt8] {
        var (changed, end) = ([UInt8](), 0)
        for place in places {
            changed += text[end..<place.lowerBound] + Array(number.utf8)
            end = place.upperBound
        }
        return changed + text[end...]
    }

    private static func numbers(in text: [UInt8], quoted: Bool) -> [Range<Int>] {
        var places: [Range<Int>] = []
        var position = 0
        while position < text.count {
            let start = position
            if text[position] == UInt8(ascii: "\"") {
                position += 1
                while position < text.count, text[position] != UInt8(ascii: "\"") {
                    position += text[position] == UInt8(ascii: "\\") ? 2 : 1
                }
                let inside = start + 1..<max(start + 1, min(position, text.count))
                if quoted, !inside.isEmpty,
                    text[inside].allSatisfy({ isDigit($0) || $0 == UInt8(ascii: ".") })
                {
                    places.append(inside)
                }
                position += 1
            } else if text[position] == UInt8(ascii: "-") || isDigit(text[position]) {
                while position < text.count, isDigit(text[position]) || "+-.eE".utf8.contains(text[position])
                {
                    position += 1
                }
                places.append(start..<position)
            } else {
                position += 1
            }
        }
        return places
    }

    private static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }
}
