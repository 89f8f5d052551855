//! Clients that nobody here wrote drive the sandbox: libraries as their authors publish them, each in a small program.
//!
//! The crate and the sandbox were written together, and may share a mistake. These libraries work at real EHRs. What the sandbox
//! refuses of them is a finding; which check refuses what stands in the guide (`sandbox_clients.md`), and is held here.
//!
//! The programs are in `clients/js` and `clients/python`. Each does what a line on its standard input says, once for every kind of
//! client and every way in which the sandbox is set up, and answers with a line. They follow the redirects themselves.

mod library;
mod page;
mod program;
mod run;

use actix_smart_auth::sandbox::{StrictCheck, Strictness};

pub(crate) use self::program::Program;
use self::{
    library::{AUTHLIB, CLIENT_PY, FHIRCLIENT, Library, OAUTH4WEBAPI, OPENID_CLIENT, REQUESTS_OAUTHLIB},
    page::Rows,
    run::{Care, Kind, Step, World},
};

#[test]
fn fhirclient_in_nodejs_drives_the_sandbox() {
    drives_the_sandbox(&FHIRCLIENT);
}

#[test]
fn fhirclient_in_python_drives_the_sandbox() {
    drives_the_sandbox(&CLIENT_PY);
}

#[test]
fn openid_client_drives_the_sandbox() {
    drives_the_sandbox(&OPENID_CLIENT);
}

#[test]
fn oauth4webapi_drives_the_sandbox() {
    drives_the_sandbox(&OAUTH4WEBAPI);
}

#[test]
fn authlib_drives_the_sandbox() {
    drives_the_sandbox(&AUTHLIB);
}

#[test]
fn requests_oauthlib_drives_the_sandbox() {
    drives_the_sandbox(&REQUESTS_OAUTHLIB);
}

/// Everything that the library has works where the sandbox is as real EHRs are, and the guide says what else is refused.
fn drives_the_sandbox(library: &Library) {
    let Some(mut program) = Program::start(library) else {
        return;
    };
    let mut rows = Rows::of(library);
    let usual = World::start(|sandbox| sandbox.strictness(Strictness::AsRealEhrs));
    let mut kinds = Vec::new();
    for kind in Kind::ALL {
        let run = usual.launch(&mut program, kind, Care::AsUsual);
        run.is_as_the_sandbox_says(&usual);
        for (step, why) in run.refused() {
            let is_known = library.refusals.contains(&(kind, step));
            assert!(
                is_known,
                "{} as a {kind} client is refused at {step}: {why}",
                library.name
            );
        }
        rows.works(kind, &run);
        if run.did_something() {
            kinds.push(kind);
        }
    }
    let all_at_once = World::start(|sandbox| sandbox.strictness(Strictness::AsSpecified));
    let one_each = StrictCheck::ALL.map(|check| (check, World::start(|sandbox| sandbox.strict_check(check))));
    for kind in kinds {
        let is_known = |step: &Step| library.refusals.contains(&(kind, *step));
        let refused = one_each.iter().filter_map(|(check, world)| {
            let run = world.launch(&mut program, kind, Care::AsUsual);
            let (step, _) = run.refused().into_iter().find(|(step, _)| !is_known(step))?;
            Some((*check, step))
        });
        let refused: Vec<(StrictCheck, Step)> = refused.collect();
        let run = all_at_once.launch(&mut program, kind, Care::AsUsual);
        let passes_all = run.refused().iter().all(|(step, _)| is_known(step));
        assert_eq!(
            passes_all,
            refused.is_empty(),
            "{} as a {kind} client: {run:?}",
            library.name
        );
        rows.refused(kind, &refused);
    }
    rows.stand_in_the_guide();
    passes_with_care(library, &mut program);
}

/// What the guide says helps does help.
fn passes_with_care(library: &Library, program: &mut Program) {
    let world = World::start(|sandbox| {
        let strict = sandbox.strictness(Strictness::AsSpecified);
        let helpless = library.helpless.iter();
        helpless.fold(strict, |sandbox, check| sandbox.without_strict_check(*check))
    });
    for kind in Kind::ALL {
        let run = world.launch(program, kind, Care::Careful);
        run.is_as_the_sandbox_says(&world);
        for (step, why) in run.refused() {
            let is_known = library.refusals.contains(&(kind, step));
            assert!(is_known, "{} as a careful {kind} client at {step}: {why}", library.name);
        }
    }
}
