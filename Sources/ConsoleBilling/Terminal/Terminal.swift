import Foundation

/// The output streams of a command: results on standard output, progress and errors on standard error.
enum Terminal {
    enum Stream: Int32 {
        case output = 1
        case error = 2

        var isTerminal: Bool { isatty(rawValue) == 1 }
    }

    /// Writes all of `text`, and ignores errors such as a closed pipe.
    static func write(_ text: String, to stream: Stream = .output) {
        write(Array(text.utf8), to: stream.rawValue)
    }

    static func write(_ bytes: [UInt8], to descriptor: Int32) {
        bytes.withUnsafeBytes { bytes in
            var written = 0
            while written < bytes.count {
                let count = Foundation.write(
                    descriptor,
                    bytes.baseAddress.map { $0 + written },
                    bytes.count - written
                )
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return }
                written += count
            }
        }
    }

    static func line(_ text: String, to stream: Stream = .output) { write(text + "\n", to: stream) }
}

/// Colours for terminals, unless NO_COLOR is set (<https://no-color.org>) or TERM is `dumb`.
struct Palette: Sendable {
    enum Colour: Int { case red = 31, green = 32, yellow = 33, dim = 2 }

    let isColourful: Bool

    init(isColourful: Bool) { self.isColourful = isColourful }

    init(for stream: Terminal.Stream, environment: [String: String] = ProcessInfo.processInfo.environment) {
        let isRefused = environment["NO_COLOR"].map { !$0.isEmpty } ?? false
        isColourful = stream.isTerminal && !isRefused && environment["TERM"] != "dumb"
    }

    func paint(_ text: String, _ colour: Colour) -> String {
        isColourful ? "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m" : text
    }
}
