import ArgumentParser

/// Why a command failed: the exit code, and the message for standard error.
struct CommandFailure: Error, Equatable, CustomStringConvertible {
    let code: ExitCode
    let message: String

    init(_ code: ExitCode, _ message: String) {
        self.code = code
        self.message = message
    }

    var description: String { message }
}

extension AsyncParsableCommand {
    /// Runs a command's work; `main` reports its failure.
    func reportingFailures(_ work: () async throws -> Void) async throws { try await work() }
}
