import ArgumentParser

/// The exit codes of `sysexits.h` that the commands use.
enum Sysexits {
    static let partlyFailed = ExitCode(1)
    static let usage = ExitCode(64)
    static let badData = ExitCode(65)
    static let unavailable = ExitCode(69)
    static let internalError = ExitCode(70)
    static let tryAgain = ExitCode(75)
    static let configuration = ExitCode(78)

    /// The meaning of each exit code, for the manual.
    static let meanings: [(code: ExitCode, meaning: String)] = [
        (.success, "done"), (partlyFailed, "done in part"), (usage, "the command line is invalid"),
        (badData, "what was named, or what is in it, is invalid"),
        (unavailable, "nothing answers, or it cannot now"), (internalError, "a fault of the program"),
        (tryAgain, "try again later"), (configuration, "the configuration is invalid"),
    ]

    /// Prints a message on standard error and returns the error that ends the command with `code`.
    static func fail(_ code: ExitCode, _ message: String) -> ExitCode {
        // The queue keeps the order with log lines and does not wait for a stalled reader forever.
        LineQueue.standardError.write(message + "\n")
        LineQueue.standardError.flush()
        return code
    }
}
