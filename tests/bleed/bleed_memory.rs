//! One process, several workers, launches in its memory.

use crate::{
    fleet::Fleet,
    mix::{Ends, Mix},
};

#[actix_web::test]
async fn bleed_memory_no_request_of_five_hundred_sees_another_launch_than_that_of_its_path() {
    let fleet = Fleet::here(|setup| setup.workers = 3);
    let ends = Ends {
        logs_out: 2,
        runs_out: 1,
    };
    let mut mix = Mix::open(fleet, ends).await;
    mix.run(async |_| {}).await;
    mix.assert_held();
}

/// The two launches of one patient are the ones that would be mistaken for each other.
#[actix_web::test]
async fn bleed_memory_nor_when_one_of_two_launches_of_a_patient_runs_out() {
    let fleet = Fleet::here(|_| {});
    let ends = Ends {
        logs_out: 1,
        runs_out: 0,
    };
    let mut mix = Mix::open(fleet, ends).await;
    mix.run(async |_| {}).await;
    mix.assert_held();
}
