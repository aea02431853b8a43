@testable import ConsoleBilling
import Foundation
import Fuzzing

/// An event's body as it lies in a file, sent under another id.
///
/// The law: whatever was given a new id has that id, and is otherwise the same event.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzEventFile(_ start: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    let bytes = input(start, size)
    guard let event = try? EventBody(bytes) else { return 0 }
    require(event.bytes == bytes, "a body is sent as it lies in the file")
    let newID = "evt_1renamed"
    guard let renamed = event.renamed(newID) else { return 0 }
    guard let back = try? EventBody(renamed.bytes) else {
        fatalError("broken law: a renamed event is an event")
    }
    require(back.id == newID, "a renamed event has its new id")
    require(
        back == renamed && back.type == event.type && back.livemode == event.livemode,
        "all else is the same"
    )
    require(renamed.renamed(newID) == renamed, "renaming twice is renaming once")
    return 0
}

@_cdecl("LLVMFuzzerCustomMutator")
public func mutateEventFile(
    _ buffer: UnsafeMutablePointer<UInt8>,
    _ size: Int,
    _ maxSize: Int,
    _ seed: UInt32
) -> Int {
    JSONMutator.mutate(
        buffer,
        size: size,
        maxSize: maxSize,
        seed: seed,
        words: [
            "\"id\"", "\"evt_1\"", "\"\\u0069d\"", "\"\\\"id\\\"\"", "{\"id\":\"ch_1\"}", "[\"id\",\"x\"]",
            "null", "true", "1",
        ],
        byBytes: libFuzzerMutate
    )
}

@_silgen_name("LLVMFuzzerMutate")
func libFuzzerMutate(_ buffer: UnsafeMutablePointer<UInt8>, _ size: Int, _ maxSize: Int) -> Int
