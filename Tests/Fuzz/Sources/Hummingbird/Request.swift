/// The one member of Hummingbird's `Request` that ``QueryReader`` reads.
///
/// A stand-in, so that a fuzzer is built without a web server.
package struct Request: Sendable {
    package struct URI: Sendable {
        package let query: String?
    }

    package let uri: URI

    package init(query: String?) { uri = URI(query: query) }
}
