use std::{env::temp_dir, fs, process};

use super::*;

#[test]
fn a_file_is_read_whole_up_to_its_limit_and_refused_beyond() {
    let path = temp_dir().join(format!("actix-smart-auth-{}-key-file", process::id()));
    for length in [0, 1, LARGEST] {
        let content = vec![b'x'; length];
        fs::write(&path, &content).unwrap();
        assert!(*read_file(&path).unwrap() == content, "{length}");
    }
    fs::write(&path, vec![b'x'; LARGEST + 1]).unwrap();
    let too_large = read_file(&path).unwrap_err();
    fs::remove_file(&path).unwrap();
    assert_eq!(too_large.kind(), io::ErrorKind::FileTooLarge);
    assert_eq!(read_file(&path).unwrap_err().kind(), io::ErrorKind::NotFound);
}
