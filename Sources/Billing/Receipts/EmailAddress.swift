/// A customer's e-mail address, which prints only its first character and its domain.
package struct EmailAddress: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    package let text: String

    /// Accepts any text that may be an address; Stripe decides whether it is valid.
    ///
    /// The text has at most 254 bytes, characters on both sides of an `@`, and no space or control character.
    package init?(_ text: String) {
        guard text.utf8.count <= 254, text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }),
            let at = text.lastIndex(of: "@"), at != text.startIndex, text.index(after: at) != text.endIndex
        else { return nil }
        self.text = text
    }

    /// For example `j•••@example.com`.
    package var description: String {
        let at = text.lastIndex(of: "@") ?? text.endIndex
        return text.prefix(1) + "•••" + text[at...]
    }

    package var customMirror: Mirror { Mirror(self, children: []) }
}
