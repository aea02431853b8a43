/// An e-mail address of a customer's; it prints no more of itself than tells its owner which one it is.
package struct EmailAddress: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    package let text: String

    /// Takes what can be one, and leaves it to Stripe whether it is: at most 254 bytes, something on both sides of an `@`,
    /// no space and nothing that cannot be seen.
    package init?(_ text: String) {
        guard text.utf8.count <= 254, text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }),
            let at = text.lastIndex(of: "@"), at != text.startIndex, text.index(after: at) != text.endIndex
        else { return nil }
        self.text = text
    }

    /// Such as `j•••@example.com`.
    package var description: String {
        let at = text.lastIndex(of: "@") ?? text.endIndex
        return text.prefix(1) + "•••" + text[at...]
    }

    package var customMirror: Mirror { Mirror(self, children: []) }
}
