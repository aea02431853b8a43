/// One value, or one name of a member, of a JSON text: where it stands and what comes after it.
///
/// The nodes of a text lie in its order in one array; a member is its name's node and then its value's.
struct JSONNode {
    enum Kind: UInt8 {
        case null, `true`, `false`, number, array, object
        /// Text that reads as it stands.
        case plainText
        /// Text with a `\` in it.
        case escapedText
    }

    var kind: Kind
    /// The bytes of the value; a text's without its quotation marks.
    var start: UInt32
    var end: UInt32
    /// The index of the first node that is no part of this value.
    var next: UInt32

    var range: Range<Int> { Int(start)..<Int(end) }
}
