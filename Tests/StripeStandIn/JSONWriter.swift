extension JSON {
    /// The shortest text, members in the order of their names.
    ///
    /// By hand for the same reason as the parser, and into a string, to which appending is quick even where nothing is
    /// optimised: a page is a hundred objects.
    var bytes: [UInt8] {
        var text = ""
        write(to: &text)
        return Array(text.utf8)
    }

    private func write(to text: inout String) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .integer(let value): text += String(value)
        // Swift's own form of a finite number is JSON's too, and no other can have been parsed.
        case .number(let value): text += "\(value)"
        case .string(let value): Self.write(value, to: &text)
        case .array(let elements):
            text += "["
            for (index, element) in elements.enumerated() {
                if index > 0 { text += "," }
                element.write(to: &text)
            }
            text += "]"
        case .object(let members):
            text += "{"
            for (index, name) in members.keys.sorted().enumerated() {
                if index > 0 { text += "," }
                Self.write(name, to: &text)
                text += ":"
                members[name]?.write(to: &text)
            }
            text += "}"
        }
    }

    private static func write(_ value: String, to text: inout String) {
        var value = value
        text += "\""
        if value.withUTF8(isPlain) {
            text += value
        } else {
            for scalar in value.unicodeScalars {
                switch scalar {
                case "\"", "\\": text += "\\\(scalar)"
                case "\u{0}"..<" ":
                    let digits = String(scalar.value, radix: 16)
                    text += #"\u00\#(digits.utf8.count < 2 ? "0" : "")\#(digits)"#
                default: text.unicodeScalars.append(scalar)
                }
            }
        }
        text += "\""
    }

    private static func isPlain(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if byte < 0x20 || byte == 0x22 || byte == 0x5C { return false }
            index += 1
        }
        return true
    }
}
