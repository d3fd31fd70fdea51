-- What the instance knows of itself, such as a sealed value by which a wrong encryption key is told before it seals anything.
create table instance (
  name   text primary key,
  value  text not null
);
