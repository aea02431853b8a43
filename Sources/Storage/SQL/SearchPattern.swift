/// A pattern of SQL's LIKE for rows that may contain a text without regard to case.
///
/// Swift converts every letter to lower case, and the databases only those of ASCII. `_`, which is any
/// character, stands for each letter that they would miss.
struct SearchPattern {
    /// The part of the text that one value of the row must contain.
    let piece: String
    /// The value is like one of these.
    let texts: [String]
    /// The value is also like one of these, unless there are none: they have the letters of ASCII that `_` stands
    /// for in ``texts``, or else one that becomes such a letter in lower case.
    let stricter: [String]
    /// Whether each value that is like one of ``texts`` contains the text.
    let isExact: Bool

    /// SQLite refuses very long patterns; these characters are enough to leave out nearly all rows.
    private static let longest = 64

    /// - Returns: `nil` if rows cannot be left out by a pattern.
    init?(ofLowercased text: String) {
        // The line feed separates values. U+0307 may be the second half of İ, which is `i` and U+0307 in lower case.
        let pieces = text.unicodeScalars.split { $0 == "\n" || $0 == "\u{307}" }
        let best = pieces.max { Self.plainCount($0) < Self.plainCount($1) }
        guard let best, let first = best.first else { return nil }
        piece = String(String.UnicodeScalarView(best))

        let shown = best.prefix(Self.longest)
        let plain = Self.plainCount(shown)
        isExact = plain == text.unicodeScalars.count
        let end = shown.index(before: shown.endIndex)
        var (pattern, strict) = ("", "")
        var origins: Set<Unicode.Scalar> = []
        for index in shown.indices {
            // An İ may be cut in two only at the end.
            let isPlain = Self.isPlain(shown[index]) && !(index == end && shown[index] == "i")
            pattern += isPlain ? Self.escaped(shown[index]) : "_"
            strict += isPlain || shown[index].isASCII ? Self.escaped(shown[index]) : "_"
            if !isPlain, shown[index].isASCII {
                origins.formUnion(LetterCase.origins(of: shown[index]).filter { !$0.isASCII })
            }
        }
        stricter = origins.isEmpty ? [] : ["%\(strict)%"] + origins.map { "%\($0)%" }
        if plain > 0 {
            texts = ["%\(pattern)%"]
        } else {
            let variants = [first] + LetterCase.origins(of: first).filter { !$0.isASCII }
            texts = variants.map { "%" + Self.escaped($0) + pattern.dropFirst() + "%" }
        }
    }

    /// How many characters of a piece the pattern has as they are.
    private static func plainCount(_ piece: Substring.UnicodeScalarView) -> Int {
        piece.count(where: isPlain) - (piece.last == "i" ? 1 : 0)
    }

    /// Whether the databases find a character, which is in lower case, whatever it was converted from.
    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        // A text cannot hold NUL, and SQLite's LIKE takes these three for one another.
        if scalar == "\0" || 0xFFFD...0xFFFF ~= scalar.value { return false }
        // Only İ is converted to more than one character, so `i` is doubtful only at the end of a piece.
        return scalar == "i" || LetterCase.origins(of: scalar).allSatisfy { scalar.isASCII && $0.isASCII }
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        scalar == "%" || scalar == "_" || scalar == "\\" ? "\\\(scalar)" : "\(scalar)"
    }
}

/// The conversion of letters to lower case, backwards.
enum LetterCase {
    /// The letters whose lower case is or contains a character, without the character itself.
    static func origins(of scalar: Unicode.Scalar) -> [Unicode.Scalar] { all[scalar] ?? [] }

    /// No letters of the planes after these have a case.
    private static let all: [Unicode.Scalar: [Unicode.Scalar]] = {
        var all: [Unicode.Scalar: [Unicode.Scalar]] = [:]
        for scalar in (0...0x1FFFF).lazy.compactMap(Unicode.Scalar.init) {
            guard scalar.properties.changesWhenLowercased else { continue }
            for lower in scalar.properties.lowercaseMapping.unicodeScalars {
                all[lower, default: []].append(scalar)
            }
        }
        return all
    }()
}
