import HTTPTypes
import Hummingbird

extension Request {
    /// Whether a person waits for the answer in a browser, which asks for `text/html` by name.
    var isBrowsers: Bool {
        headers[values: .accept].contains { $0.lowercased().contains("text/html") }
    }
}
