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

/// Runs work, and afterwards ends what it used, whether or not it fails.
func ending<Result>(
    _ end: () async -> Void,
    after work: () async throws -> Result
) async throws -> Result {
    do {
        let result = try await work()
        await end()
        return result
    } catch {
        await end()
        throw error
    }
}

/// The id that an argument gives.
///
/// - Throws: `ValidationError` for an empty one, which a script makes of a variable that is not set.
func given(_ id: String) throws -> String {
    guard !id.isEmpty else { throw ValidationError("The id is empty.") }
    return id
}
