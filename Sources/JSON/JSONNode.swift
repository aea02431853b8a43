/// One value, or one name of a member, in a JSON text: its bytes and the node after it.
///
/// The nodes are in one array in the order of the text. A member is the node of its name, then that of its
/// value.
struct JSONNode {
    enum Kind: UInt8 {
        case null, `true`, `false`, number, array, object
        /// Text without escapes.
        case plainText
        /// Text with a `\` in it.
        case escapedText
    }

    var kind: Kind
    /// The range of the value's bytes; for a text without its quotation marks.
    var start: UInt32
    var end: UInt32
    /// The index of the first node after this value.
    var next: UInt32

    var range: Range<Int> { Int(start)..<Int(end) }
}
