/// JSON that is written as it is.
package struct JSONText: JSONEncodable, Sendable {
    let bytes: [UInt8]

    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    package init(_ text: String) { bytes = Array(text.utf8) }

    package func encode(to json: inout JSONWriter) { json.write(verbatim: bytes) }
}
