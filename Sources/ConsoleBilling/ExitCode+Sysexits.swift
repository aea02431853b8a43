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

    /// What each means, for the manual.
    static let meanings: [(code: ExitCode, meaning: String)] = [
        (.success, "done"), (partlyFailed, "done in part"), (usage, "the command line cannot be right"),
        (badData, "what was named, or what is in it, cannot be right"),
        (unavailable, "nothing answers, or it cannot now"), (internalError, "a fault of the program"),
        (tryAgain, "try again later"), (configuration, "the configuration cannot be right"),
    ]

    /// Says on standard error what went wrong, and gives the error that ends the command with `code`.
    static func fail(_ code: ExitCode, _ message: String) -> ExitCode {
        // After the lines of the log, and without waiting for ever for whoever reads them.
        LineQueue.standardError.write(message + "\n")
        LineQueue.standardError.flush()
        return code
    }
}

extension ExitCode {
    static let configuration = Sysexits.configuration
    static let unavailable = Sysexits.unavailable
    static let internalError = Sysexits.internalError
}
